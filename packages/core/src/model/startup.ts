import type { ModelControl } from '../control/index.ts';
import type { Clock } from '../time/index.ts';

/** A call before the control document is known waits for it, but not for long; then it serves as declared, marked unknown. */
export class Startup {
  readonly #control: ModelControl;
  readonly #clock: Clock;
  readonly #waitMs: number;
  #waiting: Promise<void> | undefined;
  #isOver = false;

  constructor(control: ModelControl, clock: Clock, waitMs: number) {
    this.#control = control;
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the document is known, or could have been. */
  async wait(): Promise<void> {
    this.#waiting ??= this.#begin();
    await this.#waiting;
    this.#isOver = true;
  }

  #begin(): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(over.resolve, this.#waitMs, false);
    void this.#control.refresh().finally(() => {
      this.#clock.cancel(timer);
      over.resolve();
    });
    return over.promise;
  }
}
