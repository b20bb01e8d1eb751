import type { Clock } from './clock.ts';

/** The two clocks drift apart, and the wall clock is stepped: they are compared this often. */
const COMPARE_MS = 1000;

/** The wall clock at a monotonic moment, without reading it each time (a read costs as much as a bare call). */
export class WallTime {
  readonly #clock: Clock;
  #offset = 0;
  #compareAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the Unix epoch. `now` is recent, on the monotonic clock. */
  at(now: number): number {
    if (now >= this.#compareAt) {
      this.#offset = this.#clock.wall() - now;
      this.#compareAt = now + COMPARE_MS;
    }
    return now + this.#offset;
  }
}
