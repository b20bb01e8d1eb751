import { addRows } from './moment-rows.ts';

/** How long a window is: a number of cases, or a time in milliseconds. */
export type WindowLength = { readonly cases: number } | { readonly ms: number };

const SUB_WINDOWS = 20;

/**
 * Sums over a window that slides: kept by sub-window, of which the oldest is dropped when the newest is full. Memory is
 * `width` × 20 numbers. A window of cases holds between 95 and 100 % of them.
 */
export class WindowSums {
  readonly #rows: Float64Array[];
  readonly #cases: number;
  readonly #ms: number;
  readonly #merge: typeof addRows;
  readonly #whole: boolean;
  #newest = 0;
  #endsAt = Number.NEGATIVE_INFINITY;
  /** From when on the whole window was seen. */
  #wholeFrom: number | undefined;

  /**
   * @param width numbers that are summed; the first is the count of cases, which {@link row} keeps
   * @param merge adds one row to another. @defaultValue number by number
   * @param whole whether totals are of sub-windows that are over alone: of a time, exactly as long as the window
   */
  constructor(width: number, length: WindowLength, merge = addRows, whole = false) {
    this.#merge = merge;
    this.#whole = whole;
    this.#rows = Array.from({ length: SUB_WINDOWS + Number(whole) }, () => new Float64Array(width));
    this.#cases = 'cases' in length ? Math.max(1, Math.floor(length.cases / SUB_WINDOWS)) : Number.POSITIVE_INFINITY;
    this.#ms = 'ms' in length ? length.ms / SUB_WINDOWS : Number.POSITIVE_INFINITY;
  }

  /** The sums that one more case is to be added to; its count grows by one. @param now milliseconds, of any origin */
  row(now: number): Float64Array {
    this.#slide(now);
    let row = this.#rows[this.#newest] as Float64Array;
    if ((row[0] ?? 0) >= this.#cases) row = this.#next();
    row[0] = (row[0] ?? 0) + 1;
    return row;
  }

  /** The sums over the window: a copy. */
  totals(now: number): Float64Array {
    this.#slide(now);
    const [first] = this.#rows;
    const totals = new Float64Array(first?.length ?? 0);
    for (const [at, row] of this.#rows.entries()) if (!this.#whole || at !== this.#newest) this.#merge(totals, row);
    return totals;
  }

  /** Whether the whole window was seen, of one of a time. */
  isWhole(now: number): boolean {
    this.#slide(now);
    return this.#wholeFrom !== undefined && now >= this.#wholeFrom;
  }

  #slide(now: number): void {
    if (this.#ms === Number.POSITIVE_INFINITY || now < this.#endsAt) return;
    const passed = this.#endsAt === Number.NEGATIVE_INFINITY ? 0 : Math.floor((now - this.#endsAt) / this.#ms) + 1;
    for (let step = 0; step < Math.min(passed, this.#rows.length); step++) this.#next();
    // The beginning of the one in which it began was missed.
    this.#wholeFrom ??= (Math.floor(now / this.#ms) + 1) * this.#ms + this.#ms * SUB_WINDOWS;
    this.#endsAt = (Math.floor(now / this.#ms) + 1) * this.#ms;
  }

  #next(): Float64Array {
    this.#newest = (this.#newest + 1) % this.#rows.length;
    const row = this.#rows[this.#newest] as Float64Array;
    row.fill(0);
    return row;
  }
}
