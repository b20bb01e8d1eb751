import type { Clock, TimerHandle } from '../time/index.ts';

/** A change that was given to the store, whose answer was lost. */
interface Sought {
  readonly told: (version: number) => void;
  /** The version that it makes, where it was made. */
  readonly version: number;
}

/** The first look, in milliseconds: the answer was lost a moment ago, and the store is often there again. */
const FIRST_MS = 100;
/** How long a change of unknown fate is looked for while the store says nothing of it, in milliseconds. */
const MAX_MS = 600_000;

/**
 * Changes whose answer was lost. A document that has the id of one shows that it was made, and one that has gone on without it
 * shows that it was not: it is told then, once, by the process that gave it.
 */
export class SoughtChanges {
  readonly #clock: Clock;
  readonly #read: () => Promise<unknown>;
  readonly #everyMs: number;
  readonly #sought = new Map<string, Sought>();
  #timer: TimerHandle;
  #until = 0;
  #waitMs = FIRST_MS;
  #armed = false;
  #closed = false;

  /** @param read reads the document again, and hands it to {@link found} */
  constructor(clock: Clock, everyMs: number, read: () => Promise<unknown>) {
    this.#clock = clock;
    this.#read = read;
    this.#everyMs = Math.max(FIRST_MS, everyMs);
  }

  get count(): number {
    return this.#sought.size;
  }

  add(id: string, sought: Sought): void {
    this.#sought.set(id, sought);
    this.#until = this.#clock.now() + MAX_MS;
    this.#waitMs = FIRST_MS;
    this.#arm();
  }

  /** @param recent the last change of each process, as the document at `version` has them */
  found(version: number, recent: readonly string[]): void {
    for (const [id, { told, version: made }] of this.#sought) {
      const isMade = recent.includes(id);
      if (!isMade && version < made) continue;
      this.#sought.delete(id);
      if (isMade) told(made);
    }
  }

  close(): void {
    this.#closed = true;
    this.#clock.cancel(this.#timer);
  }

  #arm(): void {
    if (this.#armed || this.#closed || this.#sought.size === 0 || this.#clock.now() > this.#until) return;
    this.#armed = true;
    const wait = this.#waitMs;
    this.#waitMs = Math.min(this.#everyMs, 2 * wait);
    this.#timer = this.#clock.schedule(
      () => {
        this.#armed = false;
        void this.#read().finally(() => this.#arm());
      },
      wait,
      true,
    );
  }
}
