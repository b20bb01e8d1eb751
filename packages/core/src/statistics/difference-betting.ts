import { checkOption, checkProbability, checkWithin } from './argument-checks.ts';
import type { ArmSums, AssignedValue } from './aipw.ts';
import { addToArm, NO_ARM_SUMS } from './aipw.ts';

/**
 * Evidence about the difference of two arms' means from values in [0, 1] that were assigned at random: a bet on each AIPW score
 * ψ, whose range is known because its predictions are. Exact at every sample size and every probability of assignment.
 */
export interface DifferenceBetting {
  readonly past: ArmSums;
  /** The number, sum, and sum of squares of the scores seen. */
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** ln of the e-value. */
  readonly logE: number;
}

export const NO_DIFFERENCES: DifferenceBetting = { past: NO_ARM_SUMS, count: 0, sum: 0, sumOfSquares: 0, logE: 0 };

/** At most this share of what can be lost is put on one score. */
const MOST = 0.5;
/** Arms are predicted to be at ½ until this many values more have been seen. */
const PRIOR = 1;

const predictedMean = ({ count, sum }: { readonly count: number; readonly sum: number }): number =>
  (sum + PRIOR / 2) / (count + PRIOR);

/**
 * Bets on one unit, against "challenger minus champion is at most `difference`". With X = ψ − difference, whose expectation is
 * then not positive, the factor is 1 + λX; λ = clip(μ̂/(σ̂² + μ̂²), 0, ½/|smallest X|) from the past only, the approximate
 * log-optimal stake (aGRAPA of Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting, 2024) for the score
 * of Robins, Rotnitzky and Zhao (1994). For "at least", pass 1 − value and −difference. The same `difference` must go with one
 * state from start to end.
 *
 * @param unit its value in 0..1
 * @param difference strictly between −1 and 1
 * @throws UnderstudyError `INPUT_INVALID` for a value outside [0, 1] or a probability outside (0, 1)
 */
export function betOnDifference(state: DifferenceBetting, unit: AssignedValue, difference: number): DifferenceBetting {
  const { value, onChallenger, probability } = unit;
  checkWithin(value, 0, 1, 'value');
  checkProbability(probability, 'probability');
  checkOption(difference, -1, 1, 'difference');
  // Both arms are predicted alike: were they predicted apart, outcomes of one arm that only come later would look like a difference.
  const { champion, challenger } = state.past;
  const m0 = predictedMean({ count: champion.count + challenger.count, sum: champion.sum + challenger.sum });
  const m1 = m0;
  const score = m1 - m0 + (onChallenger ? (value - m1) / probability : (m0 - value) / (1 - probability));
  const smallest = m1 - m0 - Math.max(m1 / probability, (1 - m0) / (1 - probability)) - difference;
  // One score of the largest size is taken for granted, so that a few equal ones are no certainty.
  const mean = state.sum / (state.count + 1) - difference * (state.count / (state.count + 1));
  const spread = (state.sumOfSquares + smallest * smallest) / (state.count + 1) - (state.sum / (state.count + 1)) ** 2;
  const most = smallest < 0 ? MOST / -smallest : 1;
  const stake = Math.min(Math.max(mean / (Math.max(spread, 0) + mean * mean), 0), most);
  return {
    past: addToArm(state.past, unit),
    count: state.count + 1,
    sum: state.sum + score,
    sumOfSquares: state.sumOfSquares + score * score,
    logE: state.logE + Math.log1p(stake * (score - difference)),
  };
}
