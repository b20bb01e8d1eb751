import type { Clock, TimerHandle } from '../time/index.ts';

/** A change that was given to the store, whose answer was lost. */
interface Sought {
  readonly told: (version: number) => void;
  /** The version that it makes, where it was made. */
  readonly version: number;
}

/** How long a change of unknown fate is looked for while the store says nothing of it, in milliseconds. */
const MOST_MS = 600_000;

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
  #armed = false;
  #closed = false;

  /** @param read reads the document again, and hands it to {@link found} */
  constructor(clock: Clock, everyMs: number, read: () => Promise<unknown>) {
    this.#clock = clock;
    this.#read = read;
    this.#everyMs = Math.max(100, everyMs);
  }

  get count(): number {
    return this.#sought.size;
  }

  add(id: string, sought: Sought): void {
    this.#sought.set(id, sought);
    this.#until = this.#clock.now() + MOST_MS;
    this.#arm();
  }

  /** @param recent ids of the newest changes of the document at `version` */
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
    this.#timer = this.#clock.schedule(
      () => {
        this.#armed = false;
        void this.#read().finally(() => this.#arm());
      },
      this.#everyMs,
      true,
    );
  }
}
