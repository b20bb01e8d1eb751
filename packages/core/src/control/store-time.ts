import type { Versioned } from '../spec/index.ts';
import type { Clock } from '../time/index.ts';

/** Clocks that differ by more are told: some decision by time will be wrong, or somebody's log is. */
export const MOST_SKEW_MS = 5000;

/**
 * The time by which a model's processes stamp what they share: the clock of the store, where it has one, so that they agree
 * whatever their own clocks say.
 */
export class StoreTime {
  readonly #clock: Clock;
  #offset = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.#clock.wall() + this.#offset;
  }

  /** By how much this process' clock is ahead of the store's, in milliseconds. */
  get aheadMs(): number {
    return -this.#offset;
  }

  /** Reads a document, and by it the store's clock: it showed `at` at some moment between question and answer. */
  async reading(read: () => Promise<Versioned>): Promise<Versioned> {
    const asked = this.#clock.wall();
    const answer = await read();
    const { at } = answer;
    if (at !== undefined && Number.isFinite(at)) {
      const answered = this.#clock.wall();
      if (at < asked) this.#offset = at - asked;
      else this.#offset = at > answered ? at - answered : 0;
    }
    return answer;
  }
}
