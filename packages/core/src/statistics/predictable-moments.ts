import { checkCount, checkFinite, checkWithin } from './argument-checks.ts';

/** Running moments of values in [0, 1] that predict the next one from the past only. Merges by addition. */
export interface PredictableMoments {
  readonly count: number;
  readonly sum: number;
  /** Sum of squared distances, each from the mean when its value came. */
  readonly deviations: number;
}

export const NO_VALUES: PredictableMoments = { count: 0, sum: 0, deviations: 0 };

/** (½ + Σx)/(n + 1) and (¼ + Σ(x − μ)²)/(n + 1), as Waudby-Smith and Ramdas choose them (Estimating means by betting, 2024). */
export function predicted({ count, sum, deviations }: PredictableMoments): { readonly mean: number; readonly variance: number } {
  return { mean: (0.5 + sum) / (count + 1), variance: (0.25 + deviations) / (count + 1) };
}

/** @throws UnderstudyError `INPUT_INVALID` for a value outside [0, 1] */
export function addValue(moments: PredictableMoments, value: number): PredictableMoments {
  checkWithin(value, 0, 1, 'value');
  const next = { ...moments, count: moments.count + 1, sum: moments.sum + value };
  return { ...next, deviations: moments.deviations + (value - predicted(next).mean) ** 2 };
}

export function mergeMoments(a: PredictableMoments, b: PredictableMoments): PredictableMoments {
  for (const { count, sum, deviations } of [a, b]) {
    checkCount(count, 'count');
    checkFinite(sum, 'sum');
    checkFinite(deviations, 'deviations');
  }
  return { count: a.count + b.count, sum: a.sum + b.sum, deviations: a.deviations + b.deviations };
}
