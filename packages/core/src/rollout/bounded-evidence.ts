import type { EvidenceTest } from '../spec/index.ts';
import { type BoundedArms, type BoundedMoments, logBoundedDifferenceE } from '../statistics/bounded-difference.ts';
import { BURN_IN } from '../statistics/asymptotic-sequence.ts';
import { ArmTally, mergeArms } from './arm-moments.ts';
import { armsOf, proveMean, type ScoreOptions, stratified } from './score-evidence.ts';

export interface BoundedOptions extends ScoreOptions {
  readonly range: readonly [least: number, most: number];
}

/**
 * Tests that the mean of a score with a known range is not lower on the challenger: exact at every sample size. The estimate and
 * its bound are those of the asymptotic sequence, in the unit of the score: the bets decide, they inform.
 */
export function boundedTest({ maxLoss, range: [least, most], sign, missingAs }: BoundedOptions): EvidenceTest {
  const width = most - least;
  const scaled = (raw: number): number => {
    const share = Math.min(Math.max((raw - least) / width, 0), 1);
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
      return { ...boundedLogs(arms, maxLoss / width), champion, challenger, ...inUnit(estimate, bound, width) };
    },
  };
}

/** Both burdens of proof of values in [0, 1], higher is better. */
export function boundedLogs(
  arms: readonly BoundedArms[],
  margin: number,
): { readonly logHarm: number; readonly logProof: number } {
  return { logHarm: logBoundedDifferenceE(arms.map(mirrored), 0), logProof: logBoundedDifferenceE(arms, -margin) };
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
