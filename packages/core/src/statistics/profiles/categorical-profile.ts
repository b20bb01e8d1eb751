import { checkOption } from '../argument-checks.ts';
import { FrequentItems } from '../sketches/frequent-items.ts';
import { HyperLogLog } from '../sketches/hyper-log-log.ts';

/** How often a category was in the reference. */
export interface CategoryCount {
  readonly value: string;
  readonly count: number;
}

/** What a categorical field was in the reference, as JSON that is stored and never changes: later values are counted in its categories. */
export interface CategoricalProfile {
  readonly version: 1;
  readonly kind: 'categorical';
  /** Values that are not missing. */
  readonly count: number;
  /** null, undefined and NaN. */
  readonly missing: number;
  /** Distinct values: exact while there are at most 10 times the cap, from there an estimate with a standard error of 1.6 %. */
  readonly distinct: number;
  /** The most frequent first. */
  readonly categories: readonly CategoryCount[];
  /** Values of all other categories; 0 where `categories` are all that the reference had. */
  readonly other: number;
}

/** Options of a categorical profile. */
export interface CategoricalProfileOptions {
  /** Most categories with a bin of their own: an integer of at least 1. @defaultValue 100 */
  readonly maxCategories?: number;
}

/** What a category may be: written as a string, so that true is 'true' and 1 is '1'. */
export type Category = string | number | boolean;

/**
 * A categorical profile of a stream, in one pass and constant memory.
 *
 * Exact while there are at most 10 × `maxCategories` distinct values. Beyond, the count of a category is too low by at most
 * 1/(5 × `maxCategories`) of the values, which are then in `other`; a category with more than that is never lost.
 */
export class CategoricalProfileBuilder {
  readonly #maxCategories: number;
  readonly #frequent: FrequentItems<string>;
  readonly #distinct = new HyperLogLog();
  #missing = 0;

  /** @throws UnderstudyError `CONFIGURATION_INVALID` for `maxCategories` */
  constructor({ maxCategories = 100 }: CategoricalProfileOptions = {}) {
    checkOption(maxCategories, 0, 10_001, 'maxCategories');
    this.#maxCategories = maxCategories;
    this.#frequent = new FrequentItems(10 * maxCategories);
  }

  add(value: Category | null | undefined): void {
    if (value === null || value === undefined || Number.isNaN(value)) {
      this.#missing++;
      return;
    }
    const category = String(value);
    this.#frequent.add(category);
    this.#distinct.add(category);
  }

  /** Adds the values of another builder. */
  merge(other: CategoricalProfileBuilder): void {
    this.#frequent.merge(other.#frequent);
    this.#distinct.merge(other.#distinct);
    this.#missing += other.#missing;
  }

  build(): CategoricalProfile {
    const { total: count, error, size } = this.#frequent;
    const categories = this.#frequent
      .entries()
      .slice(0, this.#maxCategories)
      .map(([value, count]) => ({ value, count }));
    return {
      version: 1,
      kind: 'categorical',
      count,
      missing: this.#missing,
      distinct: error === 0 ? size : Math.max(size, this.#distinct.count),
      categories,
      other: categories.reduce((left, category) => left - category.count, count),
    };
  }
}
