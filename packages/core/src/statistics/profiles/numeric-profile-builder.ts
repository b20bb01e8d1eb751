import { checkOption } from '../argument-checks.ts';
import { FrequentItems } from '../sketches/frequent-items.ts';
import { type FloatCell, FloatBuckets } from '../sketches/float-buckets.ts';
import { BodyMoments } from './body-moments.ts';
import {
  binsOfRest,
  type NumericProfile,
  numericProfileOf,
  type NumericProfileOptions,
  type PointMass,
} from './numeric-profile.ts';
import { outlierFences, outliersOf } from './outliers.ts';

/** As many distinct values are told apart exactly. */
const MAX_BUCKETS = 16_384;

/**
 * A numeric profile of a stream, in one pass and constant memory (at most 16,384 counters).
 *
 * Edges are ends of buckets, so the counts are exact for these edges. Up to 16,384 distinct values the edges are exact too; beyond, the
 * buckets are as fine as the values leave room for, wherever they lie: one outlier takes one bucket. Point masses are found for certain;
 * the count of one other than 0 may then be too low by at most 2/256 of the values, and what it lacks is in the bin around it.
 */
export class NumericProfileBuilder {
  readonly #bins: number;
  readonly #buckets = new FloatBuckets(MAX_BUCKETS);
  readonly #frequent: FrequentItems<number>;
  readonly #moments = new BodyMoments();
  #missing = 0;
  #infinite = 0;

  /** @throws UnderstudyError `CONFIGURATION_INVALID` for `bins` */
  constructor({ bins = 10 }: NumericProfileOptions = {}) {
    checkOption(bins, 1, 1000, 'bins');
    this.#bins = bins;
    this.#frequent = new FrequentItems(Math.max(256, 8 * bins));
  }

  add(value: number | null | undefined): void {
    if (value === null || value === undefined || Number.isNaN(value)) {
      this.#missing++;
      return;
    }
    if (!Number.isFinite(value)) {
      this.#infinite++;
      return;
    }
    this.#buckets.add(value);
    this.#frequent.add(value);
    this.#moments.add(value);
  }

  /** Adds the values of another builder. */
  merge(other: NumericProfileBuilder): void {
    this.#buckets.merge(other.#buckets);
    this.#frequent.merge(other.#frequent);
    this.#moments.merge(other.#moments);
    this.#missing += other.#missing;
    this.#infinite += other.#infinite;
  }

  build(): NumericProfile {
    const cells = this.#buckets.cells();
    const count = this.#buckets.total;
    const [low, high] = outlierFences((q) => quantileOf(cells, q * (count - 1)));
    const moments = this.#moments.within(-Infinity, Infinity);
    const outliers = outliersOf(this.#moments.beyond(low, high), this.#moments.within(low, high));
    const pointMasses = this.#pointMasses(cells);
    const left = restOf(cells, pointMasses);
    const rest = left.reduce((sum, cell) => sum + cell.count, 0);
    const { edges, counts } = divided(left, rest, binsOfRest(rest, count, this.#bins));
    return numericProfileOf({ moments, missing: this.#missing, infinite: this.#infinite, outliers }, edges, counts, pointMasses);
  }

  #pointMasses(cells: readonly FloatCell[]): PointMass[] {
    const zero = cells.find(({ low, high }) => low <= 0 && high >= 0)?.count ?? 0;
    const masses: (readonly [value: number, count: number])[] = this.#buckets.isExact
      ? cells.map(({ low, count }) => [low, count])
      : this.#frequent.entries().map(([value, count]) => [value, value === 0 ? zero : count]);
    const error = this.#buckets.isExact ? 0 : this.#frequent.error;
    return masses
      .filter(([, count]) => (count + error) * this.#bins >= this.#buckets.total)
      .map(([value, count]) => ({ value, count }))
      .toSorted((a, b) => a.value - b.value);
  }
}

/** @param position of the value among all, ascending */
function quantileOf(cells: readonly FloatCell[], position: number): number | null {
  let left = Math.floor(position);
  return cells.find(({ count }) => (left -= count) < 0)?.low ?? null;
}

/** Bins that end where the count first reaches their quantile. */
function divided(cells: readonly FloatCell[], rest: number, bins: number): { edges: number[]; counts: number[] } {
  const edges: number[] = [];
  const counts = [0];
  let passed = 0;
  for (const [index, cell] of cells.entries()) {
    const next = cells[index + 1];
    passed += cell.count;
    counts[edges.length] = (counts[edges.length] ?? 0) + cell.count;
    if (next === undefined || passed * bins < (edges.length + 1) * rest || edges.length === bins - 1) continue;
    edges.push(next.low);
    counts.push(0);
  }
  return { edges, counts };
}

/** The cells without the point masses, which have bins of their own. */
function restOf(cells: readonly FloatCell[], pointMasses: readonly PointMass[]): FloatCell[] {
  const masses = new Map<FloatCell, number>();
  for (const { value, count } of pointMasses) {
    const holder = cells.find((cell) => value >= cell.low && value <= cell.high);
    if (holder !== undefined) masses.set(holder, (masses.get(holder) ?? 0) + count);
  }
  return cells.flatMap((cell) => {
    const count = cell.count - (masses.get(cell) ?? 0);
    return count > 0 ? [{ ...cell, count }] : [];
  });
}
