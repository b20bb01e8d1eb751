import { checkOption } from '../argument-checks.ts';
import { FrequentItems } from '../sketches/frequent-items.ts';
import { addToRunningMoments, mergeRunningMoments, NO_RUNNING_MOMENTS } from '../sketches/moments.ts';
import { QuantileSketch, type SketchCell } from '../sketches/quantile-sketch.ts';
import {
  binsOfRest,
  type NumericProfile,
  numericProfileOf,
  type NumericProfileOptions,
  type PointMass,
} from './numeric-profile.ts';

/** Buckets of 0.2 %: 1,152 a decade. */
const RELATIVE_ERROR = 0.001;
const MAX_BUCKETS = 16_384;
/** Wider than the rounding of a logarithm, so that a bucket's own end stays in its bin. */
const ROUNDING = 1e-12;

/**
 * A numeric profile of a stream, in one pass and constant memory (at most 65,536 counters).
 *
 * Edges are ends of a sketch's buckets, so the counts are exact for these edges but for values within 10⁻¹² of one. What is
 * approximate is only where the edges are: each within 0.2 % (relative) of the exact quantile while the values span at most 14
 * decades. Point masses are found for certain; the count of one other than 0 may be too low by at most 2/256 of the values (it
 * is exact up to 256 distinct ones), and then what it lacks is in the bin around it.
 */
export class NumericProfileBuilder {
  readonly #bins: number;
  readonly #sketch = new QuantileSketch({ relativeError: RELATIVE_ERROR, maxBuckets: MAX_BUCKETS });
  readonly #frequent: FrequentItems<number>;
  #moments = NO_RUNNING_MOMENTS;
  #missing = 0;

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
    this.#sketch.add(value);
    if (!Number.isFinite(value)) return;
    this.#frequent.add(value);
    this.#moments = addToRunningMoments(this.#moments, value);
  }

  /** Adds the values of another builder. */
  merge(other: NumericProfileBuilder): void {
    this.#sketch.merge(other.#sketch);
    this.#frequent.merge(other.#frequent);
    this.#moments = mergeRunningMoments(this.#moments, other.#moments);
    this.#missing += other.#missing;
  }

  build(): NumericProfile {
    const { count, min, max } = this.#sketch;
    const pointMasses = this.#pointMasses();
    const cells = restOf(this.#sketch.cells(), pointMasses);
    const rest = cells.reduce((sum, cell) => sum + cell.count, 0);
    const { edges, counts } = this.#divided(cells, rest, binsOfRest(rest, count, this.#bins));
    const infinite = this.#sketch.positiveInfinity + this.#sketch.negativeInfinity;
    return numericProfileOf(
      { moments: { ...this.#moments, min, max }, missing: this.#missing, infinite },
      edges,
      counts,
      pointMasses,
    );
  }

  #pointMasses(): PointMass[] {
    return this.#frequent
      .entries()
      .filter(([, count]) => (count + this.#frequent.error) * this.#bins >= this.#frequent.total)
      .map(([value, count]) => ({ value, count: value === 0 ? this.#sketch.zero : count }))
      .toSorted((a, b) => a.value - b.value);
  }

  /** Bins that end where the count first reaches their quantile. */
  #divided(cells: readonly SketchCell[], rest: number, bins: number): { edges: number[]; counts: number[] } {
    const edges: number[] = [];
    const counts = [0];
    let passed = 0;
    for (const [index, cell] of cells.entries()) {
      const next = cells[index + 1];
      passed += cell.count;
      counts[edges.length] = (counts[edges.length] ?? 0) + cell.count;
      if (next === undefined || passed * bins < (edges.length + 1) * rest || edges.length === bins - 1) continue;
      edges.push(edgeBetween(cell, next));
      counts.push(0);
    }
    return { edges, counts };
  }
}

/** The cells without the point masses, which have bins of their own. */
function restOf(cells: readonly SketchCell[], pointMasses: readonly PointMass[]): SketchCell[] {
  const left = cells.map((cell) => ({ ...cell }));
  for (const { value, count } of pointMasses) {
    const slack = Math.max(Math.abs(value) * ROUNDING, Number.MIN_VALUE);
    const holder = left.find(
      (cell) => cell.sign === Math.sign(value) && cell.count >= count && value >= cell.low - slack && value <= cell.high + slack,
    );
    if (holder !== undefined) holder.count -= count;
  }
  return left.filter(({ count }) => count > 0);
}

/** A number above all values of one cell and not above any of the next. */
function edgeBetween(cell: SketchCell, next: SketchCell): number {
  if (next.sign < 1) return next.low * (1 + ROUNDING);
  return cell.sign === 1 ? cell.high * (1 + ROUNDING) : Number.MIN_VALUE;
}
