import { EventEmitter } from 'eventemitter3';
import { callback, oneOf, problemsAt, problemsError } from '../errors/index.ts';
import type { ListenerEvent, ListenerMap, ListenerType } from './event.ts';

export type Listener<T extends ListenerType> = (event: ListenerMap[T]) => unknown;

/**
 * Typed events with isolated listeners: one that throws, or whose promise rejects, changes no result, stops no other listener,
 * and is counted. Listeners are called at once, so keep them short.
 */
export class EventBus {
  readonly #emitter = new EventEmitter<string>();
  /** A plain object: asking it is one load on the call path. */
  readonly #wanted: Record<ListenerType, boolean> = {
    decision: false,
    outcome: false,
    'shadow-compared': false,
    'circuit-changed': false,
    'control-changed': false,
    'rollout-changed': false,
    'monitor-changed': false,
    'alert-raised': false,
    'retrain-requested': false,
    'registry-changed': false,
    'review-changed': false,
    'callback-failed': false,
    'attempt-failed': false,
    'telemetry-dropped': false,
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

  /** Returns what ends the subscription. @throws UnderstudyError `INPUT_INVALID` for an event that there is not, and for what is no function */
  on<T extends ListenerType>(type: T, listener: Listener<T>): () => void {
    const problems = [
      ...problemsAt('type', oneOf(...Object.keys(this.#wanted)), type),
      ...problemsAt('listener', callback, listener),
    ];
    if (problems.length > 0) throw problemsError('INPUT_INVALID', 'on()', problems);
    const isolated = (event: ListenerMap[T]): void => {
      try {
        const result: unknown = listener(event);
        if (typeof result === 'object' && result !== null) void this.#heard(result);
      } catch (error) {
        this.#failed(error);
      }
    };
    this.#emitter.on(type, isolated);
    this.#wanted[type] = true;
    return () => {
      this.#emitter.off(type, isolated);
      if (this.#emitter.listenerCount(type) === 0) this.#wanted[type] = false;
    };
  }

  /** Whether anybody listens: an event that nobody wants is not made. */
  wants(type: ListenerType): boolean {
    return this.#wanted[type];
  }

  emit(event: ListenerEvent): void {
    this.#emitter.emit(event.type, event);
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
