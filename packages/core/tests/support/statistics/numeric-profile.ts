import {
  binsOfRest,
  type NumericProfile,
  numericProfileOf,
  type NumericProfileOptions,
  type PointMass,
} from '../../../src/statistics/profiles/numeric-profile.ts';
import { outlierFences, outliersOf } from '../../../src/statistics/profiles/outliers.ts';
import { addToRunningMoments, NO_RUNNING_MOMENTS } from '../../../src/statistics/sketches/moments.ts';
import { quantile } from './quantile.ts';

/**
 * Exact profile of a sample: deciles (type 7) of the values that are no point mass, equal edges once. Where point masses hold a
 * share s, the rest has about (1 − s) · bins bins, so that no bin expects much less than 1/bins.
 * Null, undefined and NaN are missing.
 */
export function numericProfile(
  values: Iterable<number | null | undefined>,
  { bins = 10 }: NumericProfileOptions = {},
): NumericProfile {
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

/** Inner edges of quantile bins of sorted values: at most `bins − 1`, strictly ascending. */
export function quantileEdges(sorted: ArrayLike<number>, bins: number): number[] {
  if (sorted.length === 0) return [];
  const edges = Array.from({ length: Math.max(0, bins - 1) }, (_, index) => quantile(sorted, (index + 1) / bins));
  return edges.filter((edge, index) => index === 0 || edge > (edges[index - 1] ?? edge));
}
