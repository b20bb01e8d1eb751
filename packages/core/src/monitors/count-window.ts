import { SlidingCounts } from '../statistics/profiles/sliding-counts.ts';
import type { WindowLength } from './window-sums.ts';

/** Sub-windows of a window: of a day, hours. */
const SUB_WINDOWS = 24;

/**
 * Integer counters over a window that slides by a 24th of its length: it holds between 23 and 24 of them, or with `whole` the last 24
 * that are over, exactly.
 */
export class CountWindow {
  readonly #counts: SlidingCounts;
  readonly #ms: number;
  readonly #cases: number;
  readonly #whole: boolean;
  /** Counts of the sub-windows that are over, since the start. */
  readonly #over: Float64Array;
  #endsAt = Number.NEGATIVE_INFINITY;
  #seen = 0;
  /** The first sub-window that was seen from its beginning. */
  #first: number | undefined;

  constructor(width: number, length: WindowLength, whole = false) {
    this.#whole = whole;
    this.#over = new Float64Array(width);
    this.#counts = new SlidingCounts({ sizes: [width], subWindows: SUB_WINDOWS + Number(whole) });
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
      this.#advance(this.#counts.period + 1);
      this.#seen = 1;
    }
    return this.#counts.latest;
  }

  /** The counters over the window: a copy. */
  totals(now: number): Uint32Array {
    if (now >= this.#endsAt) this.#slide(now);
    const totals = this.#counts.totals(0);
    if (!this.#whole) return totals;
    const { latest } = this.#counts;
    return totals.map((count, at) => count - (latest[at] as number));
  }

  /** Whether the whole window was seen. */
  isWhole(now: number): boolean {
    if (now >= this.#endsAt) this.#slide(now);
    return this.#first !== undefined && this.#counts.period - this.#first >= SUB_WINDOWS;
  }

  /** The counters since the start: a copy. */
  everything(): Float64Array {
    const { latest } = this.#counts;
    return this.#over.map((count, at) => count + (latest[at] as number));
  }

  #slide(now: number): void {
    const period = Math.max(0, Math.floor(now / this.#ms));
    // The beginning of the one in which it began was missed.
    this.#first ??= period + 1;
    this.#advance(period);
    this.#endsAt = (period + 1) * this.#ms;
  }

  #advance(period: number): void {
    const { latest } = this.#counts;
    if (period > this.#counts.period)
      for (let at = 0; at < latest.length; at++) this.#over[at] = (this.#over[at] as number) + (latest[at] as number);
    this.#counts.advance(period);
  }
}
