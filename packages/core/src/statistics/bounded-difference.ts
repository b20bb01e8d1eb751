import { checkCount, checkOption, checkProbability, checkWithin } from './argument-checks.ts';
import { logLowerBoundedMeanE, type PowerSums, shiftedSums } from './lower-bounded-mean.ts';
import type { RunningMoments } from './sketches/moments.ts';

/** Values in [0, 1] of one arm. */
export type BoundedMoments = Pick<RunningMoments, 'count' | 'mean' | 'squares' | 'cubes' | 'quartics'>;

/** Both arms of units that were assigned with one probability. */
export interface BoundedArms {
  /** The probability with which a unit went to the challenger, strictly between 0 and 1. */
  readonly probability: number;
  readonly champion: BoundedMoments;
  readonly challenger: BoundedMoments;
}

/**
 * ln of the e-value against "challenger minus champion is at most `difference`" from the moments of each arm alone, so that it
 * does not matter in which instances and in what order they were counted. Bets are on the scores
 * W (Y − m)/π − (1 − W)(Y − m)/(1 − π) of J. Robins, A. Rotnitzky and L. Zhao (1994), whose expectation is the difference whatever m
 * is; by {@link logLowerBoundedMeanE} they are exact at every sample size for an m that is fixed before. The m that wins most, the
 * mean of all values, is taken: its own error moves the logarithm by the stake times two normal deviates, which is little where
 * the evidence is decided (simulated in docs/validity.md). Values that are missing on one arm at random move it no further.
 *
 * For "at least", pass 1 − value and −difference.
 *
 * @param cells one for each probability of assignment
 * @param difference strictly between −1 and 1
 * @throws UnderstudyError `INPUT_INVALID` for moments that cannot be or a probability outside (0, 1)
 */
export function logBoundedDifferenceE(cells: readonly BoundedArms[], difference: number): number {
  checkOption(difference, -1, 1, 'difference');
  let [count, sum] = [0, 0];
  for (const { probability, champion, challenger } of cells) {
    checkProbability(probability, 'probability');
    for (const arm of [champion, challenger]) {
      checkCount(arm.count, 'count');
      checkWithin(arm.mean, 0, 1, 'mean');
      count += arm.count;
      sum += arm.count * arm.mean;
    }
  }
  if (count === 0) return 0;
  const centre = Math.min(sum / count, 1);
  return logLowerBoundedMeanE(
    cells.map(({ probability, champion, challenger }) => {
      const arm = (moments: BoundedMoments, weight: number): PowerSums =>
        shiftedSums(moments, weight, -weight * centre - difference);
      const [on, off] = [arm(challenger, 1 / probability), arm(champion, -1 / (1 - probability))];
      return {
        sums: [on[0] + off[0], on[1] + off[1], on[2] + off[2], on[3] + off[3]],
        bound: Math.max(centre / probability, (1 - centre) / (1 - probability)) + difference,
      };
    }),
  );
}
