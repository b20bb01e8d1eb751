import type { TrendBin } from './report-data.ts';

/** The square of the normal quantile of 0.975. */
const Z2 = 3.841458820694124;
/** Below so many, a mean of any law is too far from normal to give it an interval. */
const LEAST = 30;

/** The number of values, their mean, and the sum of squares about it. */
export interface Moments {
  n: number;
  mean: number;
  squares: number;
}

/** T. F. Chan, G. H. Golub and R. J. LeVeque (1979). @param from of at least one value */
export function mergeMoments(into: Moments, { n, mean, squares }: Moments): void {
  const all = into.n + n;
  const apart = mean - into.mean;
  into.squares += squares + (apart * apart * into.n * n) / all;
  into.mean += (apart * n) / all;
  into.n = all;
}

// The statistics compute it for every confidence, with functions that would be a tenth of this entry.
/** E. B. Wilson's score interval (1927) of 95 %, of values that are 0 and 1. */
export function shareInterval({ n, mean }: Moments): TrendBin['interval'] {
  const size = n + Z2;
  const centre = (n * mean + Z2 / 2) / size;
  const half = Math.sqrt(Z2 * (n * mean * (1 - mean) + Z2 / 4)) / size;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** The normal interval of 95 % of a mean; `null` below 30 values. */
export function meanInterval({ n, mean, squares }: Moments): TrendBin['interval'] {
  if (n < LEAST) return null;
  const half = Math.sqrt((Z2 * squares) / (n - 1) / n);
  return [mean - half, mean + half];
}
