import { SlidingCounts } from '../statistics/profiles/sliding-counts.ts';
import type { WindowLength } from './window-sums.ts';

/** Sub-windows of a window: of a day, hours. */
const SUB_WINDOWS = 24;

/** Integer counters over a window that slides by a 24th of its length: it holds between 23 and 24 of them. */
export class CountWindow {
  readonly #counts: SlidingCounts;
  readonly #ms: number;
  readonly #cases: number;
  #endsAt = Number.NEGATIVE_INFINITY;
  #seen = 0;

  constructor(width: number, length: WindowLength) {
    this.#counts = new SlidingCounts({ sizes: [width], subWindows: SUB_WINDOWS });
    this.#ms = 'ms' in length ? length.ms / SUB_WINDOWS : Number.POSITIVE_INFINITY;
    this.#cases = 'cases' in length ? Math.max(1, Math.floor(length.cases / SUB_WINDOWS)) : Number.POSITIVE_INFINITY;
    if (this.#ms === Number.POSITIVE_INFINITY) this.#endsAt = Number.POSITIVE_INFINITY;
  }

  /** Memory of the counters. */
  get byteLength(): number {
    return this.#counts.byteLength;
  }

  /** The counters that one more case is to be counted in. @param now milliseconds since the Unix epoch */
  row(now: number): Uint32Array {
    if (now >= this.#endsAt) this.#slide(now);
    if (++this.#seen > this.#cases) {
      this.#counts.advance(this.#counts.period + 1);
      this.#seen = 1;
    }
    return this.#counts.latest;
  }

  /** The counters over the window: a copy. */
  totals(now: number): Uint32Array {
    if (now >= this.#endsAt) this.#slide(now);
    return this.#counts.totals(0);
  }

  #slide(now: number): void {
    const period = Math.max(0, Math.floor(now / this.#ms));
    this.#counts.advance(period);
    this.#endsAt = (period + 1) * this.#ms;
  }
}
