import { checkOption } from '../argument-checks.ts';
import { addToRunningMoments, NO_RUNNING_MOMENTS, type RunningMoments, summariseMoments } from '../sketches/moments.ts';
import { quantile } from '../sketches/quantile.ts';
import { outlierFences, type Outliers, outliersOf } from './outliers.ts';

/** A value that holds so much of the reference that it has a bin of its own. */
export interface PointMass {
  readonly value: number;
  readonly count: number;
}

/** What a numeric field was in the reference, as JSON that is stored and never changes: later values are counted in its bins. */
export interface NumericProfile {
  readonly version: 1;
  readonly kind: 'numeric';
  /** Finite values. */
  readonly count: number;
  /** null, undefined and NaN. */
  readonly missing: number;
  /** ∞ and −∞: in no bin. */
  readonly infinite: number;
  /** Least, greatest and mean of the finite values; null without one. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** The standard deviation of the population; null without a value or beyond the range of a double. */
  readonly standardDeviation: number | null;
  /** Where bins meet, strictly ascending: bin i has values from `edges[i − 1]` up to but not including `edges[i]`. */
  readonly edges: readonly number[];
  /** Values of each bin less the point masses: one more than edges. */
  readonly counts: readonly number[];
  /** Bins of one value, ascending by value. */
  readonly pointMasses: readonly PointMass[];
  /** Values far outside of the rest, and what the rest is like without them; absent where there are none. */
  readonly outliers?: Outliers;
}

/** Options of a numeric profile. */
export interface NumericProfileOptions {
  /** Quantile bins; a value with at least 1/bins of the mass is a point mass. An integer of at least 2. @defaultValue 10 */
  readonly bins?: number;
}

/** What of a profile does not depend on the bins. */
export interface NumericSummary {
  readonly moments: RunningMoments;
  readonly missing: number;
  readonly infinite: number;
  readonly outliers: Outliers | undefined;
}

/** The range and the spread of the values, without outliers. */
export function usualOf({ min, max, mean, standardDeviation, outliers }: NumericProfile): {
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly standardDeviation: number | null;
} {
  return outliers?.rest ?? { min, max, mean, standardDeviation };
}

/**
 * Exact profile of a sample: deciles (type 7) of the values that are no point mass, equal edges once. Where point masses hold a
 * share s, the rest has about (1 − s) · bins bins, so that no bin expects much less than 1/bins.
 *
 * @param values numbers; null, undefined and NaN are missing
 * @throws UnderstudyError `CONFIGURATION_INVALID` for `bins`
 */
export function numericProfile(
  values: Iterable<number | null | undefined>,
  { bins = 10 }: NumericProfileOptions = {},
): NumericProfile {
  checkOption(bins, 1, 1000, 'bins');
  const finite: number[] = [];
  let moments = NO_RUNNING_MOMENTS;
  let missing = 0;
  let infinite = 0;
  for (const value of values) {
    if (value === null || value === undefined || Number.isNaN(value)) missing++;
    else if (!Number.isFinite(value)) infinite++;
    else {
      finite.push(value);
      moments = addToRunningMoments(moments, value);
    }
  }
  const sorted = Float64Array.from(finite).sort();
  const [low, high] = sorted.length === 0 ? [0, 0] : outlierFences((q) => quantile(sorted, q));
  const isOutside = (value: number): boolean => value < low || value > high;
  const outliers = outliersOf(
    [...sorted].filter(isOutside),
    finite.reduce((sums, value) => (isOutside(value) ? sums : addToRunningMoments(sums, value)), NO_RUNNING_MOMENTS),
  );
  const pointMasses: PointMass[] = [];
  const rest: number[] = [];
  for (let start = 0; start < sorted.length;) {
    const value = sorted[start] as number;
    let end = start + 1;
    while (sorted[end] === value) end++;
    // −0 and 0 are one value.
    if ((end - start) * bins >= sorted.length) pointMasses.push({ value: value + 0, count: end - start });
    else for (let index = start; index < end; index++) rest.push(value);
    start = end;
  }
  const edges = quantileEdges(rest, binsOfRest(rest.length, sorted.length, bins));
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  let bin = 0;
  for (const value of rest) {
    while (value >= (edges[bin] ?? Infinity)) bin++;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return numericProfileOf({ moments, missing, infinite, outliers }, edges, counts, pointMasses);
}

/** How many bins what is no point mass gets. */
export function binsOfRest(rest: number, count: number, bins: number): number {
  return rest === 0 ? 1 : Math.max(1, Math.round((bins * rest) / count));
}

/** Inner edges of quantile bins of sorted values: at most `bins − 1`, strictly ascending. */
export function quantileEdges(sorted: ArrayLike<number>, bins: number): number[] {
  if (sorted.length === 0) return [];
  const edges = Array.from({ length: Math.max(0, bins - 1) }, (_, index) => quantile(sorted, (index + 1) / bins));
  return edges.filter((edge, index) => index === 0 || edge > (edges[index - 1] ?? edge));
}

export function numericProfileOf(
  { moments, missing, infinite, outliers }: NumericSummary,
  edges: readonly number[],
  counts: readonly number[],
  pointMasses: readonly PointMass[],
): NumericProfile {
  const { populationVariance } = summariseMoments(moments);
  return {
    version: 1,
    kind: 'numeric',
    count: moments.count,
    missing,
    infinite,
    min: moments.min,
    max: moments.max,
    mean: moments.count === 0 || !Number.isFinite(moments.mean) ? null : moments.mean,
    standardDeviation: populationVariance === null ? null : Math.sqrt(populationVariance),
    edges,
    counts,
    pointMasses,
    ...(outliers === undefined ? {} : { outliers }),
  };
}
