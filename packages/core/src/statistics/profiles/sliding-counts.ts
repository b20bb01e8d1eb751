import { checkCount, checkLength, checkOption, checkWithin } from '../argument-checks.ts';
import { checkVersion } from '../sketches/json-version.ts';

/** Layout of {@link SlidingCounts}. */
export interface SlidingCountsOptions {
  /** Counters of each field; {@link BinLayout} `size`. */
  readonly sizes: readonly number[];
  /** Sub-windows that the window is made of: an integer of at least 1. @defaultValue 24 */
  readonly subWindows?: number;
  /** Number of the first period. @defaultValue 0 */
  readonly period?: number;
}

/** {@link SlidingCounts} as JSON. */
export interface SlidingCountsJson {
  readonly version: 1;
  readonly sizes: readonly number[];
  readonly subWindows: number;
  /** Number of the latest sub-window's period. */
  readonly period: number;
  /** Counters of all fields, by sub-window, the latest first. A sub-window without a count is an empty list. */
  readonly counts: readonly (readonly number[])[];
}

/**
 * Integer counters of all fields of a model over a sliding window, in one array: a window of sub-windows that slides by
 * adding the one that ends and subtracting the oldest, so that totals are at hand. 30 fields × 28 counters × 24 sub-windows take 84 kB.
 *
 * Whoever counts says when a sub-window ends, with a number of the period: `Math.floor(now / length)` by the clock, which is the
 * same on all instances so that they merge, or one more each so many values.
 */
export class SlidingCounts {
  readonly sizes: readonly number[];
  readonly subWindows: number;
  /** Where each field starts, and the end. */
  readonly #offsets: Uint32Array;
  /** Counters by sub-window, a ring; then the sums of all but the latest. */
  readonly #counts: Uint32Array;
  readonly #width: number;
  readonly #closed: number;
  #period: number;
  /** Start of the latest sub-window. */
  #latest = 0;
  #row: Uint32Array;

  /** @throws UnderstudyError for a layout that cannot be */
  constructor({ sizes, subWindows = 24, period = 0 }: SlidingCountsOptions) {
    for (const [field, size] of sizes.entries()) checkCount(size, `sizes[${field}]`);
    checkCount(subWindows, 'subWindows');
    checkOption(subWindows, 0, Infinity, 'subWindows');
    checkCount(period, 'period');
    this.sizes = [...sizes];
    this.subWindows = subWindows;
    this.#offsets = new Uint32Array(sizes.length + 1);
    for (const [field, size] of sizes.entries()) this.#offsets[field + 1] = (this.#offsets[field] as number) + size;
    this.#width = this.#offsets[sizes.length] as number;
    this.#closed = this.#width * subWindows;
    this.#counts = new Uint32Array(this.#width * (subWindows + 1));
    this.#row = this.#counts.subarray(0, this.#width);
    this.#period = period;
  }

  /** Counters of the latest sub-window, all fields after each other: what is counted here counts, until the next {@link advance}. */
  get latest(): Uint32Array {
    return this.#row;
  }

  /** Number of the latest sub-window's period. */
  get period(): number {
    return this.#period;
  }

  /** Memory of all counters. */
  get byteLength(): number {
    return this.#counts.byteLength;
  }

  /** Counts one value of the latest sub-window; on the call path, so neither argument is checked. */
  add(field: number, counter: number): void {
    const at = (this.#offsets[field] as number) + counter;
    const counts = this.#counts;
    counts[this.#latest + at] = (counts[this.#latest + at] as number) + 1;
  }

  /**
   * Begins the sub-window of a later period; whole sub-windows that were skipped are empty. An earlier or equal period changes
   * nothing, as clocks may go back.
   *
   * @throws UnderstudyError `INPUT_INVALID` for a period that is no count
   */
  advance(period: number): void {
    checkCount(period, 'period');
    const counts = this.#counts;
    for (let steps = Math.min(period - this.#period, this.subWindows); steps > 0; steps--) {
      const closing = this.#latest;
      this.#latest = (this.#latest + this.#width) % this.#closed || 0;
      for (let at = 0; at < this.#width; at++) {
        const change = (counts[closing + at] as number) - (counts[this.#latest + at] as number);
        counts[this.#closed + at] = (counts[this.#closed + at] as number) + change;
        counts[this.#latest + at] = 0;
      }
    }
    this.#period = Math.max(this.#period, period);
    this.#row = this.#counts.subarray(this.#latest, this.#latest + this.#width);
  }

  /** Counters of a field over the whole window: a copy. */
  totals(field: number): Uint32Array {
    const latest = this.#slice(this.#latest, field);
    return this.#slice(this.#closed, field).map((count, counter) => count + (latest[counter] as number));
  }

  /**
   * Counters of a field in one sub-window: a copy.
   *
   * @param age 0 for the latest
   * @throws UnderstudyError `INPUT_INVALID` for an age that no sub-window has
   */
  subWindow(field: number, age: number): Uint32Array {
    checkWithin(age, 0, this.subWindows - 1, 'age');
    return this.#slice(this.#start(age), field);
  }

  /**
   * Adds the counters of another instance, sub-windows of equal periods together; the window is then that of the later period.
   *
   * @throws UnderstudyError `CONFIGURATION_INVALID` for another layout
   */
  merge(other: SlidingCounts): void {
    this.#absorb(other.toJSON());
  }

  toJSON(): SlidingCountsJson {
    const counts = Array.from({ length: this.subWindows }, (_, age) => {
      const own = this.#counts.subarray(this.#start(age), this.#start(age) + this.#width);
      return own.some((count) => count > 0) ? Array.from(own) : [];
    });
    return { version: 1, sizes: this.sizes, subWindows: this.subWindows, period: this.#period, counts };
  }

  /** @throws UnderstudyError for JSON of another version, a layout or counts that cannot be */
  static from(json: SlidingCountsJson): SlidingCounts {
    checkVersion(json, 'The counts');
    const counts = new SlidingCounts(json);
    counts.#absorb(json);
    return counts;
  }

  #absorb(json: SlidingCountsJson): void {
    checkLength(json.sizes.length, this.sizes.length, 'sizes');
    for (const [field, size] of json.sizes.entries()) checkLength(size, this.sizes[field] ?? 0, `sizes[${field}]`);
    checkLength(json.counts.length, this.subWindows, 'counts');
    for (const [age, list] of json.counts.entries()) {
      if (list.length > 0) checkLength(list.length, this.#width, `counts[${age}]`);
      for (const [at, count] of list.entries()) checkCount(count, `counts[${age}][${at}]`);
    }
    this.advance(json.period);
    for (const [age, list] of json.counts.entries()) {
      const own = age + this.#period - json.period;
      if (own >= this.subWindows) break;
      for (const [at, count] of list.entries()) {
        for (const start of own === 0 ? [this.#latest] : [this.#start(own), this.#closed])
          this.#counts[start + at] = (this.#counts[start + at] as number) + count;
      }
    }
  }

  /** Where a sub-window is in the ring. */
  #start(age: number): number {
    return (this.#latest - age * this.#width + this.#closed) % this.#closed || 0;
  }

  #slice(start: number, field: number): Uint32Array {
    return this.#counts.slice(start + (this.#offsets[field] ?? 0), start + (this.#offsets[field + 1] ?? 0));
  }
}
