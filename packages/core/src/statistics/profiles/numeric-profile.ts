import { type RunningMoments, summariseMoments } from '../sketches/moments.ts';
import type { Outliers } from './outliers.ts';

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

/** How many bins what is no point mass gets. */
export function binsOfRest(rest: number, count: number, bins: number): number {
  return rest === 0 ? 1 : Math.max(1, Math.round((bins * rest) / count));
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
