/** What is too old, by the time of the events: decisions go with what is known of them, other events by age alone. */
export interface Cutoffs {
  /** Decisions before this moment, in milliseconds since the Unix epoch. */
  readonly decisions: number;
  /** Events that are about no decision. */
  readonly events: number;
}

export interface Swept {
  /** The time of the oldest decision that is one of the newest `rows`; `undefined` where there are fewer. */
  newest(rows: number): Promise<number | undefined>;
  /** Deletes some of what is older, and answers how many rows that were: 0 where there are none, or where another process deletes. */
  deleteSome(cutoffs: Cutoffs): Promise<number>;
}

export interface Retention {
  readonly retainMs: number;
  readonly maxRows: number;
}

const EVERY_MS = 10_000;
/** Writers come between the steps. */
const PAUSE_MS = 20;

/** Deletes what is too old, in small steps beside the writes: once some seconds after the first write, and then again and again. */
export class Sweeps {
  readonly #swept: Swept;
  readonly #retention: Retention;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #sweep: Promise<void> | undefined;
  #stopped = false;

  constructor(swept: Swept, retention: Retention, now: () => number = Date.now) {
    this.#swept = swept;
    this.#retention = retention;
    this.#now = now;
  }

  /** Something was written. */
  written(): void {
    const { retainMs, maxRows } = this.#retention;
    if (this.#stopped || this.#timer !== undefined || (retainMs === Infinity && maxRows === Infinity)) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // What fails is made up for by the next.
      this.run().catch(() => undefined);
    }, EVERY_MS).unref();
  }

  /** Deletes all that is too old now. */
  run(): Promise<void> {
    this.#sweep ??= this.#run().finally(() => {
      this.#sweep = undefined;
    });
    return this.#sweep;
  }

  /** Ends after the step that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#sweep?.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const { retainMs, maxRows } = this.#retention;
    const age = retainMs === Infinity ? -Infinity : this.#now() - retainMs;
    const newest = maxRows === Infinity ? undefined : await this.#swept.newest(maxRows);
    const cutoffs = { decisions: Math.max(age, newest ?? -Infinity), events: age };
    while (!this.#stopped && (await this.#swept.deleteSome(cutoffs)) > 0) {
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }
}
