import type { Sink, SinkFeed } from '../types/index.ts';
import { adopted } from '../time/index.ts';
import type { EventOrigin, EventType, UnderstudyEvent } from './event.ts';

/** What a sink may learn of the runtime. */
interface Runtime {
  readonly origin?: EventOrigin | undefined;
  readonly models?: (() => readonly object[]) | undefined;
  readonly sinks?: SinkFeed['sinks'] | undefined;
}

/** Asks a sink and tells it, whatever its hooks do: what they throw, at once or later, goes to `failed`. */
export class SinkTeller {
  readonly #sink: Sink<UnderstudyEvent>;
  readonly #runtime: Runtime;
  readonly #failed: (error: unknown) => void;
  #attached = false;

  constructor(sink: Sink<UnderstudyEvent>, runtime: Runtime, failed: (error: unknown) => void) {
    this.#sink = sink;
    this.#runtime = runtime;
    this.#failed = failed;
  }

  accepts(type: EventType): boolean {
    let answer: unknown = true;
    this.#guard(() => (answer = this.#sink.accepts?.(type) ?? true));
    return Boolean(answer);
  }

  /** Tells of an event that is queued. @param feed what the sink may ask of its queue, from the first event on */
  tell(event: UnderstudyEvent, feed: SinkFeed<UnderstudyEvent>): void {
    if (!this.#attached) {
      this.#attached = true;
      const { models, sinks, origin } = this.#runtime;
      const told = {
        ...(models === undefined ? {} : { models }),
        ...(sinks === undefined ? {} : { sinks }),
        ...(origin === undefined ? {} : { origin }),
      };
      this.#guard(() => this.#sink.attach?.({ drain: (take) => feed.drain(take), ...told }));
    }
    if (this.#sink.queued !== undefined) this.#guard(() => this.#sink.queued?.(event));
  }

  #guard(hook: () => unknown): void {
    try {
      settleQuietly(hook(), this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }
}

/**
 * Waits for what a hook returned, where that is a promise: one that rejects is given to `failed` rather than to the process, as
 * an unhandled rejection. Never throws.
 */
export function settleQuietly(result: unknown, failed: (error: unknown) => void): void {
  try {
    adopted(result)?.catch(failed);
  } catch (error) {
    failed(error);
  }
}
