import { type RunningMoments, summariseMoments } from '../sketches/moments.ts';

/** Between these quantiles lies the central part of the values. */
const [LOW, HIGH] = [0.005, 0.995];
/** Values that lie further outside of it than so many of its widths are outliers. */
const WIDTHS = 10;

/** What lies far outside of the rest: a sentinel such as 1e20, or a wrong unit. */
export interface Outliers {
  readonly count: number;
  /** Some of them, ascending: at most 10. */
  readonly values: readonly number[];
  /** Figures of the values without them: what they hide. */
  readonly rest: { readonly min: number; readonly max: number; readonly mean: number; readonly standardDeviation: number };
}

/**
 * Beyond which a value is an outlier; infinite where none can be said to be. Where the central 99 % are one number, nothing says how far
 * is far.
 *
 * @param quantile of the values
 */
export function outlierFences(quantile: (q: number) => number | null): readonly [low: number, high: number] {
  const [low, high] = [quantile(LOW) ?? 0, quantile(HIGH) ?? 0];
  const reach = WIDTHS * (high - low);
  return reach > 0 ? [low - reach, high + reach] : [-Infinity, Infinity];
}

/** Values that are shown. */
const MAX_SHOWN = 10;

/** @param values ascending @param rest without them */
export function outliersOf(values: readonly number[], rest: RunningMoments): Outliers | undefined {
  const { min, max, mean } = rest;
  if (values.length === 0 || min === null || max === null) return undefined;
  const standardDeviation = Math.sqrt(summariseMoments(rest).populationVariance ?? 0);
  return { count: values.length, values: values.slice(0, MAX_SHOWN), rest: { min, max, mean, standardDeviation } };
}
