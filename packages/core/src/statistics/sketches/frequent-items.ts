import { checkCount, checkOption } from '../argument-checks.ts';

/**
 * The most frequent items of a stream in bounded memory: J. Misra and D. Gries' counters (1982), thinned by the median count at
 * once when there are too many, so that an addition takes constant time on average (D. Anderson and others, 2017).
 *
 * While there are at most `capacity` distinct items the counts are exact. Beyond, a count is too low by at most `error`, which is
 * at most 2/`capacity` of what was added; an item with more than that is never lost.
 */
export class FrequentItems<Item> {
  readonly #capacity: number;
  readonly #counts = new Map<Item, number>();
  #total = 0;
  #error = 0;

  /**
   * @param capacity counters kept, at least 2
   * @throws UnderstudyError `CONFIGURATION_INVALID` otherwise
   */
  constructor(capacity: number) {
    checkOption(capacity, 1, Infinity, 'capacity');
    this.#capacity = capacity;
  }

  /** All that was added. */
  get total(): number {
    return this.#total;
  }

  /** How much too low a count may be; 0 while every count is exact. */
  get error(): number {
    return this.#error;
  }

  /** Items that have a counter: the distinct ones while {@link error} is 0. */
  get size(): number {
    return this.#counts.size;
  }

  add(item: Item, count = 1): void {
    checkCount(count, 'count');
    if (count === 0) return;
    this.#total += count;
    this.#counts.set(item, (this.#counts.get(item) ?? 0) + count);
    this.#thin();
  }

  /** Adds the items of another; the errors add up. */
  merge(other: FrequentItems<Item>): void {
    for (const [item, count] of other.#counts) this.#counts.set(item, (this.#counts.get(item) ?? 0) + count);
    this.#total += other.#total;
    this.#error += other.#error;
    this.#thin();
  }

  /** Items with their counts, the most frequent first; equal counts in the order in which they were first seen. */
  entries(): readonly (readonly [item: Item, count: number])[] {
    return [...this.#counts].toSorted(([, a], [, b]) => b - a);
  }

  #thin(): void {
    if (this.#counts.size <= this.#capacity) return;
    const sorted = Float64Array.from(this.#counts.values()).sort();
    const median = sorted[sorted.length >> 1] as number;
    this.#error += median;
    for (const [item, count] of this.#counts) {
      if (count > median) this.#counts.set(item, count - median);
      else this.#counts.delete(item);
    }
  }
}
