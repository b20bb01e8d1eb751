const SWEEP_EVERY = 1000;

/**
 * When a store deletes what has expired, and how much of it: after the first entries, then after each 1,000, twice as many rows
 * as came since. So what is old goes faster than what is new comes, and no call pays for all of it.
 */
export class ExpirySweeps {
  #written = SWEEP_EVERY;

  /** Rows that may be deleted now that so many more `entries` were written; 0 while it is too early. */
  limitAfter(entries: number): number {
    this.#written += entries;
    if (this.#written < SWEEP_EVERY) return 0;
    const limit = 2 * this.#written;
    this.#written = 0;
    return limit;
  }
}
