import { normalQuantile } from './normal.ts';

/** A mean, or a ratio of sums, with the error that remains when what is of one unit depends on each other. */
export interface Estimate {
  readonly value: number;
  /** `null` where all is of one group of units. */
  readonly standardError: number | null;
  /** Bounds for one look at a fixed log, by the normal approximation: they need a hundred units or so. */
  readonly lower: number | null;
  readonly upper: number | null;
}

/** {@link GroupedSums} as JSON: each column with the sums of its groups. */
export type GroupedSumsJson = Readonly<Record<string, readonly number[]>>;

const GROUPS = 1024;

/**
 * Sums of named columns over groups of units, in memory that does not grow with what is added: 8 kB a column. Units fall into 1,024
 * groups by their hash. Units are independent, so groups of them are, and the error of a ratio of two columns is that of its groups
 * (delta method, CR1).
 */
export class GroupedSums {
  readonly #columns = new Map<string, Float64Array>();

  /** @param hash of the unit: a whole number of at least 0 */
  add(hash: number, column: string, value: number): void {
    const sums = this.#column(column);
    const group = hash % GROUPS;
    sums[group] = (sums[group] ?? 0) + value;
  }

  total(column: string): number {
    return this.#columns.get(column)?.reduce((all, sum) => all + sum, 0) ?? 0;
  }

  /**
   * The sum of one column over that of another; `null` where the other one is 0.
   *
   * @param alpha the interval covers with about 1 − alpha
   */
  ratio(over: string, under: string, alpha = 0.05): Estimate | null {
    const [above, below] = [this.#column(over), this.#column(under)];
    const total = this.total(under);
    if (total === 0) return null;
    const value = this.total(over) / total;
    let [groups, squares] = [0, 0];
    for (let group = 0; group < GROUPS; group++) {
      const [part = 0, whole = 0] = [above[group], below[group]];
      if (part === 0 && whole === 0) continue;
      groups++;
      squares += (part - value * whole) ** 2;
    }
    if (groups < 2) return { value, standardError: null, lower: null, upper: null };
    const standardError = Math.sqrt((squares * groups) / (groups - 1)) / Math.abs(total);
    const half = -normalQuantile(alpha / 2) * standardError;
    return { value, standardError, lower: value - half, upper: value + half };
  }

  toJSON(): GroupedSumsJson {
    return Object.fromEntries([...this.#columns].map(([name, sums]) => [name, [...sums]]));
  }

  /** @param json of `toJSON`, whole */
  static from(json: GroupedSumsJson): GroupedSums {
    const all = new GroupedSums();
    for (const [name, sums] of Object.entries(json)) all.#column(name).set(sums.slice(0, GROUPS));
    return all;
  }

  #column(name: string): Float64Array {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const sums = new Float64Array(GROUPS);
    this.#columns.set(name, sums);
    return sums;
  }
}
