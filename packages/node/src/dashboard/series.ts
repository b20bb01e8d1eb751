/** How a column is thinned: the later of two values, or the larger one, which keeps a peak in sight. */
export type Thinning = 'last' | 'largest';

interface Column {
  readonly values: Float64Array;
  readonly thinning: Thinning;
}

/**
 * Values over time in memory that does not grow: when there is no room, each two points become one and the time between points
 * doubles. Of more columns than there is room for, those that were without a value the longest go.
 */
export class Series {
  readonly #capacity: number;
  readonly #maxColumns: number;
  readonly #at: Float64Array;
  readonly #columns = new Map<string, Column>();
  #length = 0;
  #everyMs: number;

  /** @param capacity an even number of points */
  constructor(everyMs: number, capacity: number, maxColumns: number) {
    this.#everyMs = everyMs;
    this.#capacity = capacity;
    this.#maxColumns = maxColumns;
    this.#at = new Float64Array(capacity);
  }

  get everyMs(): number {
    return this.#everyMs;
  }

  has(key: string): boolean {
    return this.#columns.has(key);
  }

  /** Whether a point is due. */
  isDue(at: number): boolean {
    return this.#length === 0 || at - (this.#at[this.#length - 1] ?? 0) >= this.#everyMs;
  }

  add(at: number, values: ReadonlyMap<string, { readonly value: number | null; readonly thinning?: Thinning }>): void {
    if (this.#length === this.#capacity) this.#thin();
    const index = this.#length++;
    this.#at[index] = at;
    for (const { values: column } of this.#columns.values()) column[index] = Number.NaN;
    for (const [key, { value, thinning = 'last' }] of values) {
      const column = this.#columns.get(key) ?? this.#grow(key, thinning);
      if (column !== undefined) column.values[index] = value ?? Number.NaN;
    }
  }

  /** Points and columns whose key begins with one of `prefixes`, to four digits. */
  read(prefixes: readonly string[]): { at: number[]; columns: Record<string, (number | null)[]> } {
    const kept = [...this.#columns].filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix)));
    return {
      at: Array.from(this.#at.subarray(0, this.#length)),
      columns: Object.fromEntries(
        kept.map(([key, { values }]) => [key, Array.from(values.subarray(0, this.#length), (value) => rounded(value))]),
      ),
    };
  }

  #grow(key: string, thinning: Thinning): Column | undefined {
    if (this.#columns.size >= this.#maxColumns) {
      const oldest = [...this.#columns]
        .map(
          ([name, { values }]) =>
            [name, values.subarray(0, this.#length).findLastIndex((value) => !Number.isNaN(value))] as const,
        )
        .reduce((one, other) => (other[1] < one[1] ? other : one));
      // One that had a value at this point or the one before is in use.
      if (oldest[1] >= this.#length - 2) return undefined;
      this.#columns.delete(oldest[0]);
    }
    const column = { values: new Float64Array(this.#capacity).fill(Number.NaN), thinning };
    this.#columns.set(key, column);
    return column;
  }

  #thin(): void {
    const half = this.#capacity / 2;
    for (let index = 0; index < half; index++) this.#at[index] = this.#at[2 * index + 1] ?? 0;
    for (const { values, thinning } of this.#columns.values()) {
      for (let index = 0; index < half; index++) {
        const [one = Number.NaN, other = Number.NaN] = [values[2 * index], values[2 * index + 1]];
        const later = Number.isNaN(other) ? one : other;
        values[index] = thinning === 'largest' && one > later ? one : later;
      }
    }
    this.#length = half;
    this.#everyMs *= 2;
  }
}

/** Six digits: counters of a long life stay whole. */
function rounded(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  return Number.isInteger(value) ? value : Number(value.toPrecision(6));
}

/** Parts of a key, of whatever characters. */
export const keyOf = (...parts: readonly string[]): string =>
  parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/');
