import type { EvidenceTest } from '../types/index.ts';
import { type BoundedArms, type BoundedMoments, logBoundedDifferenceE } from '../statistics/bounded-difference.ts';
import { BURN_IN } from '../statistics/asymptotic-sequence.ts';
import { ArmTally, mergeArms } from './arm-moments.ts';
import { withMissing } from './missing-outcomes.ts';
import { armsOf, proveMean, type ScoreOptions, stratified } from './score-evidence.ts';

const ENDS = [0, 1] as const;

export interface BoundedOptions extends ScoreOptions {
  readonly range: readonly [min: number, max: number];
}

/**
 * Tests that the mean of a score with a known range is not lower on the challenger: exact at every sample size. The estimate and
 * its bound are those of the asymptotic sequence, in the unit of the score: the bets decide, they inform.
 */
export function boundedTest({ maxLoss, range: [min, max], sign, missingAs }: BoundedOptions): EvidenceTest {
  const width = max - min;
  const scaled = (raw: number): number => {
    const share = Math.min(Math.max((raw - min) / width, 0), 1);
    return sign === 1 ? share : 1 - share;
  };
  const read = armsOf(missingAs === undefined ? undefined : scaled(missingAs));
  return {
    tally: () => new ArmTally(scaled),
    merge: mergeArms,
    prove: (cells, alpha) => {
      const arms = cells.map(read);
      const champion = arms.reduce((sum, arm) => sum + arm.champion.count, 0);
      const challenger = arms.reduce((sum, arm) => sum + arm.challenger.count, 0);
      const isEnough = Math.min(champion, challenger) >= BURN_IN.units;
      const { estimate, bound } = proveMean(stratified(arms), alpha, maxLoss / width, isEnough);
      const margin = maxLoss / width;
      const logHarm = logWorseE(arms.map((arm) => withMissing(arm, 'best', ENDS)));
      const logProof = logBoundedDifferenceE(
        arms.map((arm) => withMissing(arm, 'worst', ENDS)),
        -margin,
      );
      return { logHarm, logProof, champion, challenger, ...inUnit(estimate, bound, width) };
    },
  };
}

/** ln of the e-value against "the challenger is not worse", of values in [0, 1], higher is better. */
export function logWorseE(arms: readonly BoundedArms[]): number {
  return logBoundedDifferenceE(arms.map(mirrored), 0);
}

const mirrored = ({ probability, champion, challenger }: BoundedArms): BoundedArms => {
  const arm = (moments: BoundedMoments): BoundedMoments => ({ ...moments, mean: 1 - moments.mean, cubes: -moments.cubes });
  return { probability, champion: arm(champion), challenger: arm(challenger) };
};

/** Figures of values that were divided by `width`. */
export function inUnit(
  estimate: number | null,
  bound: number | null,
  width: number,
): { readonly estimate: number | null; readonly bound: number | null } {
  return { estimate: estimate === null ? null : estimate * width, bound: bound === null ? null : bound * width };
}
