import { checkFinite, checkOption, checkWithin } from './argument-checks.ts';
import { addValue, mergeMoments, NO_VALUES, predicted, type PredictableMoments } from './predictable-moments.ts';

/** Evidence against "the mean of values in [0, 1] is at most m". */
export interface MeanBetting {
  readonly moments: PredictableMoments;
  /** ln of the e-value. */
  readonly logE: number;
}

export const NO_BETS: MeanBetting = { moments: NO_VALUES, logE: 0 };

/** At most this share of what can be lost is put on one value, so that no value ends the game. */
const MOST = 0.5;

/**
 * Bets on one value: factor 1 + λ(x − m) with λ = clip((μ̂ − m)/(σ̂² + (μ̂ − m)²), 0, ½/m), from the past only (aGRAPA of
 * Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, 2024). Exact at every sample size.
 *
 * A paired difference D in [−1, 1] enters as x = (D + 1)/2, and "D is at most d" as m = (d + 1)/2; for "at least m" pass 1 − x
 * and 1 − m. The same `mean` must go with one state from start to end.
 *
 * @param value x, 0..1
 * @param mean m, strictly between 0 and 1
 * @throws UnderstudyError `INPUT_INVALID` for the value, `CONFIGURATION_INVALID` for the mean
 */
export function betOnMean(state: MeanBetting, value: number, mean: number): MeanBetting {
  checkWithin(value, 0, 1, 'value');
  checkOption(mean, 0, 1, 'mean');
  const { mean: expected, variance } = predicted(state.moments);
  const lead = expected - mean;
  const stake = Math.min(Math.max(lead / (variance + lead * lead), 0), MOST / mean);
  return { moments: addValue(state.moments, value), logE: state.logE + Math.log1p(stake * (value - mean)) };
}

/** The product of the evidence of two instances that saw different pairs: everything adds up. */
export function mergeMeanBetting(a: MeanBetting, b: MeanBetting): MeanBetting {
  checkFinite(a.logE, 'logE');
  checkFinite(b.logE, 'logE');
  return { moments: mergeMoments(a.moments, b.moments), logE: a.logE + b.logE };
}
