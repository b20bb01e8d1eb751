import type { ModelControl } from '../control/model-control.ts';
import { type Clock, withTimeout } from '../time/index.ts';

/** A call before the control document is known waits for it, but not for long; then it serves as declared, marked unknown. */
export class Startup {
  readonly #begin: () => Promise<void>;
  #waiting: Promise<void> | undefined;
  #isOver = false;

  constructor(control: ModelControl, clock: Clock, waitMs: number) {
    this.#begin = () => withTimeout({ clock, ms: waitMs, background: false }, () => control.refresh());
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
}
