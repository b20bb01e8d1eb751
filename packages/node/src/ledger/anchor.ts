import type { MaybePromise } from '@understudy/core';
import { type Clock, safeErrorText } from '@understudy/core/authoring';
import { within } from '../within.ts';

/** What became of checkpoints that were handed outside. */
export interface AnchorStatus {
  readonly delivered: number;
  readonly failed: number;
  /** Checkpoints that a newer one overtook while one before them was under way: the newer one covers them. */
  readonly overtaken: number;
  readonly lastError?: string;
}

/** Hands checkpoints to a function that is not ours: one after the other, beside the writing, with a time limit. */
export class Anchor {
  readonly #deliver: (checkpoint: string) => MaybePromise<void>;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #waiting: string | undefined;
  #work: Promise<void> | undefined;
  #status: AnchorStatus = { delivered: 0, failed: 0, overtaken: 0 };

  constructor(deliver: (checkpoint: string) => MaybePromise<void>, clock: Clock, timeoutMs: number) {
    this.#deliver = deliver;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get status(): AnchorStatus {
    return this.#status;
  }

  offer(checkpoint: string): void {
    if (this.#waiting !== undefined) this.#count('overtaken');
    this.#waiting = checkpoint;
    this.#work ??= this.#run();
  }

  /** Resolves when the newest checkpoint has arrived, has failed, or its time was over. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #run(): Promise<void> {
    while (this.#waiting !== undefined) {
      const checkpoint = this.#waiting;
      this.#waiting = undefined;
      try {
        await within(this.#clock, this.#timeoutMs, 'anchor', () => this.#deliver(checkpoint));
        this.#count('delivered');
      } catch (error) {
        this.#count('failed');
        this.#status = { ...this.#status, lastError: safeErrorText(error) };
      }
    }
    this.#work = undefined;
  }

  #count(what: 'delivered' | 'failed' | 'overtaken'): void {
    this.#status = { ...this.#status, [what]: this.#status[what] + 1 };
  }
}
