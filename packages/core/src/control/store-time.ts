import type { StateStore } from '../types/index.ts';
import type { Clock } from '../time/index.ts';

/** Clocks that differ by more are told: some decision by time will be wrong, or somebody's log is. */
export const MAX_SKEW_MS = 5000;
/** Clocks drift slowly; one that is set is noticed within this time. */
const MEASURE_MS = 60_000;

/**
 * The time by which a model's processes stamp what they share: the clock of the store, where it has one, so that they agree
 * whatever their own clocks say.
 */
export class StoreTime {
  readonly #clock: Clock;
  readonly #store: StateStore;
  #offset = 0;
  #measureAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<void> | undefined;

  constructor(clock: Clock, store: StateStore) {
    this.#clock = clock;
    this.#store = store;
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.#clock.wall() + this.#offset;
  }

  /** By how much this process' clock is ahead of the store's, in milliseconds. */
  get aheadMs(): number {
    return -this.#offset;
  }

  /** Resolves when the store's clock was read in the last minute, or could not be read. Never rejects. */
  async known(): Promise<void> {
    if (this.#store.now === undefined || this.#clock.now() < this.#measureAt) return;
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined;
    });
    await this.#measuring;
  }

  async #measure(): Promise<void> {
    const asked = this.#clock.wall();
    try {
      const at = await this.#store.now?.();
      const answered = this.#clock.wall();
      // The store's clock showed it at some moment between question and answer.
      if (at !== undefined) this.#offset = at < asked ? at - asked : Math.max(0, at - answered);
    } catch {
      // The store is away: what was known of its clock stays.
    }
    this.#measureAt = this.#clock.now() + MEASURE_MS;
  }
}
