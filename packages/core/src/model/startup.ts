import type { ModelControl } from '../control/model-control.ts';
import { type Clock, withTimeout } from '../time/index.ts';

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
    this.#waiting ??= withTimeout({ clock: this.#clock, ms: this.#waitMs, background: false }, () => this.#control.refresh());
    await this.#waiting;
    this.#isOver = true;
  }
}
