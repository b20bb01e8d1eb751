/**
 * Counters by integer key, at most `limit`: those of the highest key and of the `limit − 1` keys below it. What lies lower counts
 * in the lowest of them. What is read depends only on what was added, in whatever order and grouping: merging is exact.
 */
export class LogBuckets {
  readonly #limit: number;
  readonly #counts = new Map<number, number>();
  #lowest = -Infinity;
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The least key that has a counter of its own: what is lower counts there; −∞ without a value. */
  get lowest(): number {
    return this.#lowest;
  }

  get total(): number {
    return this.#total;
  }

  add(key: number, count: number): void {
    const kept = Math.max(key, this.#lowest);
    this.#counts.set(kept, (this.#counts.get(kept) ?? 0) + count);
    this.#total += count;
    this.#lowest = Math.max(this.#lowest, key - this.#limit + 1);
    // Twice the limit, so that a stream that keeps rising does not collapse at each value.
    if (this.#counts.size > 2 * this.#limit) this.#collapse();
  }

  /** Keys with their counts, in ascending order of keys. */
  entries(): readonly (readonly [key: number, count: number])[] {
    this.#collapse();
    return [...this.#counts].toSorted(([a], [b]) => a - b);
  }

  #collapse(): void {
    let fallen = 0;
    for (const [key, count] of this.#counts) {
      if (key >= this.#lowest) continue;
      fallen += count;
      this.#counts.delete(key);
    }
    if (fallen > 0) this.#counts.set(this.#lowest, (this.#counts.get(this.#lowest) ?? 0) + fallen);
  }
}
