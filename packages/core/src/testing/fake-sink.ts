import type { EventMap, EventType, UnderstudyEvent } from '../events/event.ts';
import type { Sink } from '../types/index.ts';

/** A sink that keeps what it gets, and fails or stalls when it is told to. */
export interface FakeSink extends Sink<UnderstudyEvent> {
  /** Everything that was delivered, in order. */
  readonly events: readonly UnderstudyEvent[];
  /** Sizes of the batches that were delivered. */
  readonly batches: readonly number[];
  readonly closed: boolean;
  ofType<T extends EventType>(type: T): readonly EventMap[T][];
  /** The next deliveries fail with these, one each. */
  failNext(...errors: readonly unknown[]): void;
  /** Every delivery waits until `release()`. */
  hold(): void;
  release(): void;
}

export function fakeSink(
  options: { readonly name?: string; readonly content?: boolean; readonly accepts?: (type: EventType) => boolean } = {},
): FakeSink {
  const events: UnderstudyEvent[] = [];
  const batches: number[] = [];
  const errors: unknown[] = [];
  let gate: PromiseWithResolvers<void> | undefined;
  let closed = false;
  return {
    name: options.name ?? 'fake',
    content: options.content ?? false,
    ...(options.accepts === undefined ? {} : { accepts: options.accepts }),
    get events() {
      return events;
    },
    get batches() {
      return batches;
    },
    get closed() {
      return closed;
    },
    ofType: <T extends EventType>(type: T) => events.filter((event): event is EventMap[T] => event.type === type),
    failNext: (...next) => void errors.push(...next),
    hold: () => {
      gate ??= Promise.withResolvers<void>();
    },
    release: () => {
      gate?.resolve();
      gate = undefined;
    },
    write: async (batch) => {
      await gate?.promise;
      if (errors.length > 0) throw errors.shift();
      events.push(...batch);
      batches.push(batch.length);
    },
    close: () => {
      closed = true;
    },
  };
}
