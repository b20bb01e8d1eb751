import type { ListenerEvent, ListenerMap, ListenerType } from './event.ts';

export type Listener<T extends ListenerType> = (event: ListenerMap[T]) => unknown;

type Isolated = (event: ListenerEvent) => void;
const NOBODY: readonly Isolated[] = [];

/**
 * Typed events with isolated listeners: one that throws, or whose promise rejects, changes no result, stops no other listener,
 * and is counted. Listeners are called at once, so keep them short.
 */
export class EventBus {
  /** Lists that are never changed: whoever joins or leaves while an event is told does so from the next one on. */
  readonly #listeners: Partial<Record<ListenerType, readonly Isolated[]>> = {
    decision: NOBODY,
    outcome: NOBODY,
    'shadow-compared': NOBODY,
    'circuit-changed': NOBODY,
    'control-changed': NOBODY,
    'rollout-changed': NOBODY,
    'monitor-changed': NOBODY,
    'alert-raised': NOBODY,
    'retrain-requested': NOBODY,
    'callback-failed': NOBODY,
    'attempt-failed': NOBODY,
    'telemetry-dropped': NOBODY,
  };
  #failures = 0;
  #lastFailure: unknown;

  /** How often a listener threw or rejected. */
  get listenerFailures(): number {
    return this.#failures;
  }

  /** What a listener threw last. */
  get lastListenerFailure(): unknown {
    return this.#lastFailure;
  }

  /** Returns what ends the subscription. */
  on<T extends ListenerType>(type: T, listener: Listener<T>): () => void {
    const isolated = (event: ListenerEvent): void => {
      try {
        const result: unknown = listener(event as ListenerMap[T]);
        if (typeof result === 'object' && result !== null) void this.#heard(result);
      } catch (error) {
        this.#failed(error);
      }
    };
    this.#listeners[type] = [...(this.#listeners[type] ?? NOBODY), isolated];
    return () => {
      this.#listeners[type] = (this.#listeners[type] ?? NOBODY).filter((other) => other !== isolated);
    };
  }

  /** Whether anybody listens: an event that nobody wants is not made. */
  wants(type: ListenerType): boolean {
    return (this.#listeners[type] ?? NOBODY).length > 0;
  }

  emit(event: ListenerEvent): void {
    for (const tell of this.#listeners[event.type] ?? NOBODY) tell(event);
  }

  /** A promise that rejects is a failure too; so is a thenable whose `then` throws. */
  async #heard(result: unknown): Promise<void> {
    try {
      await result;
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #failed = (error: unknown): void => {
    this.#failures++;
    this.#lastFailure = error;
  };
}
