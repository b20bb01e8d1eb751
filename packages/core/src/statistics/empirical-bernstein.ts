import { checkAlpha, checkFinite, checkWithin } from './argument-checks.ts';
import { addValue, mergeMoments, NO_VALUES, predicted, type PredictableMoments } from './predictable-moments.ts';

/** Sums behind the predictable plug-in empirical-Bernstein confidence sequence. */
export interface BernsteinSums {
  readonly moments: PredictableMoments;
  /** Σ λ */
  readonly stakes: number;
  /** Σ λ x */
  readonly stakedValues: number;
  /** Σ (x − μ̂)² (−ln(1 − λ) − λ) */
  readonly penalty: number;
}

export const NO_BERNSTEIN_SUMS: BernsteinSums = { moments: NO_VALUES, stakes: 0, stakedValues: 0, penalty: 0 };

const MOST = 0.5;

/**
 * One more value. λ = min(½, sqrt(2 ln(2/α) / (σ̂² t ln(1 + t)))) from the past only (Waudby-Smith and Ramdas, Estimating means
 * of bounded random variables by betting, 2024, theorem 2). The same `alpha` must go with one state from start to end.
 *
 * @param value 0..1
 * @throws UnderstudyError `INPUT_INVALID` for the value, `CONFIGURATION_INVALID` for alpha
 */
export function addToBernstein(sums: BernsteinSums, value: number, alpha: number): BernsteinSums {
  checkWithin(value, 0, 1, 'value');
  checkAlpha(alpha);
  const { mean, variance } = predicted(sums.moments);
  const t = sums.moments.count + 1;
  const stake = Math.min(MOST, Math.sqrt((2 * Math.log(2 / alpha)) / (variance * t * Math.log1p(t))));
  return {
    moments: addValue(sums.moments, value),
    stakes: sums.stakes + stake,
    stakedValues: sums.stakedValues + stake * value,
    penalty: sums.penalty + (value - mean) ** 2 * (-Math.log1p(-stake) - stake),
  };
}

/** What two instances saw of different units, with the same alpha: everything adds up. */
export function mergeBernstein(a: BernsteinSums, b: BernsteinSums): BernsteinSums {
  for (const { stakes, stakedValues, penalty } of [a, b]) {
    checkFinite(stakes, 'stakes');
    checkFinite(stakedValues, 'stakedValues');
    checkFinite(penalty, 'penalty');
  }
  return {
    moments: mergeMoments(a.moments, b.moments),
    stakes: a.stakes + b.stakes,
    stakedValues: a.stakedValues + b.stakedValues,
    penalty: a.penalty + b.penalty,
  };
}

/**
 * Both bounds of the mean, valid at all times together with probability 1 − α. They may lie outside [0, 1] while there are few
 * values; without any they are infinite.
 */
export function bernsteinBounds(sums: BernsteinSums, alpha: number): { readonly lower: number; readonly upper: number } {
  checkAlpha(alpha);
  if (sums.stakes === 0) return { lower: -Infinity, upper: Infinity };
  const centre = sums.stakedValues / sums.stakes;
  const half = (Math.log(2 / alpha) + sums.penalty) / sums.stakes;
  return { lower: centre - half, upper: centre + half };
}
