import type { Sink, SinkFeed } from '../spec/index.ts';
import type { EventType, UnderstudyEvent } from './event.ts';
import { settleQuietly } from './settle-quietly.ts';

/** Asks a sink and tells it, whatever its hooks do: what they throw, at once or later, goes to `failed`. */
export class SinkTeller {
  readonly #sink: Sink<UnderstudyEvent>;
  readonly #failed: (error: unknown) => void;
  #attached = false;

  constructor(sink: Sink<UnderstudyEvent>, failed: (error: unknown) => void) {
    this.#sink = sink;
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
      this.#guard(() => this.#sink.attach?.({ drain: (take) => feed.drain(take) }));
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
