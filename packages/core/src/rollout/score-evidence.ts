import type { EvidenceCell, EvidenceTest, Proof } from '../types/index.ts';
import { BURN_IN, logMixtureE, mixtureHalfWidth, mixtureRho } from '../statistics/asymptotic-sequence.ts';
import { mergeRunningMoments, NO_RUNNING_MOMENTS, type RunningMoments } from '../statistics/sketches/moments.ts';
import { ArmTally, mergeArms, momentsOf } from './arm-moments.ts';
import { type StageArms, usualEnds, withMissing } from './missing-outcomes.ts';

/**
 * Where the sequence is narrowest, in pairs' worth of units (n₀n₁/(n₀ + n₁)): 4,000 units at equal shares, 21,000 at 5 %. Fixed
 * before the first value.
 */
const NARROWEST = 1000;

export interface ScoreOptions {
  /** In units of the score. */
  readonly maxLoss: number;
  /** −1 where lower values are better. */
  readonly sign: 1 | -1;
  /** What a unit whose value never came stands for. */
  readonly missingAs?: number | undefined;
}

/**
 * Tests that the mean of a score (higher is better) is not lower on the challenger, without a bound on the score: the differences of
 * the arms' means in each stage, weighted as by N. Mantel and W. Haenszel (1959), and their asymptotic confidence sequence. It says
 * nothing before 400 units of each arm, nor while a few units make up most of the spread.
 */
export function scoreTest({ maxLoss, sign, missingAs }: ScoreOptions): EvidenceTest {
  return {
    tally: () => new ArmTally((raw) => raw * sign),
    merge: mergeArms,
    prove: (cells, alpha) => {
      const arms = cells.map(armsOf(missingAs === undefined ? undefined : missingAs * sign));
      const champion = arms.reduce((sum, arm) => sum + arm.champion.count, 0);
      const challenger = arms.reduce((sum, arm) => sum + arm.challenger.count, 0);
      const units = { champion, challenger };
      const all = arms.flatMap((arm) => [arm.champion, arm.challenger]);
      const lacks = spreadLacks(all, Math.min(champion, challenger), maxLoss);
      const isEnough = lacks === undefined && Math.min(champion, challenger) >= BURN_IN.units;
      const proofIf = (challengerHas: 'best' | 'worst'): ReturnType<typeof proveMean> =>
        proveMean(stratified(arms.map((arm) => withMissing(arm, challengerHas, usualEnds(arm)))), alpha, maxLoss, isEnough);
      const [{ logHarm }, { logProof }] = [proofIf('best'), proofIf('worst')];
      return { ...proveMean(stratified(arms), alpha, maxLoss, isEnough), logHarm, logProof, ...units, lacks };
    },
  };
}

/** The arms of a stage; units whose value was awaited and never came have `missing`. */
export function armsOf(missing: number | undefined): (cell: EvidenceCell) => StageArms {
  return ({ probability, counters }) => {
    const arm = (name: '0' | '1'): RunningMoments => {
      const moments = momentsOf(counters, name);
      const count = missing === undefined ? 0 : (counters[`x${name}`] ?? 0) - moments.count;
      return missing === undefined || count <= 0
        ? moments
        : mergeRunningMoments(moments, { ...NO_RUNNING_MOMENTS, count, mean: missing });
    };
    const { x0 = 0, x1 = 0 } = missing === undefined ? counters : {};
    return { probability, champion: arm('0'), challenger: arm('1'), awaited: [x0, x1] };
  };
}

/** A mean with its evidence: `count` values of this mean and variance are worth as much. */
export interface MeanEvidence {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/** The difference challenger minus champion over all stages. Weights depend on numbers of units only, so that no value weighs itself. */
export function stratified(arms: readonly StageArms[]): MeanEvidence {
  let [count, sum, variance] = [0, 0, 0];
  for (const { champion, challenger } of arms) {
    if (champion.count === 0 || challenger.count === 0) continue;
    const weight = (champion.count * challenger.count) / (champion.count + challenger.count);
    count += weight;
    sum += weight * (challenger.mean - champion.mean);
    variance += weight * weight * (varianceOfMean(champion) + varianceOfMean(challenger));
  }
  return { count, mean: sum / count, variance: variance / count };
}

const varianceOfMean = ({ count, squares }: RunningMoments): number => squares / count / count;

/**
 * Why an asymptotic sequence cannot be believed at this number of units, were it otherwise enough: too few of them make up the
 * spread, as where events are rare or tails are heavy. Counted as events are: of those of rate r, the fourth standardised moment
 * is about 1/r, and 20 must be expected. Where all values are the same so far, the event that has not been seen yet is taken to cost
 * the whole value.
 *
 * @param units of the smaller arm, or pairs
 */
export function spreadLacks(all: readonly RunningMoments[], units: number, maxLoss: number): string | undefined {
  const sum = (of: (arm: RunningMoments) => number): number => all.reduce((total, arm) => total + of(arm), 0);
  const [count, squares, quartics] = [sum((arm) => arm.count), sum((arm) => arm.squares), sum((arm) => arm.quartics)];
  const peak =
    squares === 0 ? Math.max(...all.map(({ mean }) => Math.abs(mean))) / maxLoss : (count * quartics) / (squares * squares);
  if (units >= BURN_IN.events * peak) return undefined;
  return squares === 0
    ? 'all values are the same so far: give the gate a range'
    : 'a few units make up most of the spread: give the gate a range or a cap';
}

/**
 * What a mean (of challenger minus champion, higher is better) says. One more value, of the size of the margin, goes into its
 * variance: values that were all the same so far prove nothing beyond it.
 *
 * @param isEnough whether an asymptotic sequence may be believed by now
 */
export function proveMean(
  { count, mean, variance }: MeanEvidence,
  alpha: number,
  maxLoss: number,
  isEnough: boolean,
): Pick<Proof, 'logHarm' | 'logProof' | 'estimate' | 'bound'> {
  if (!isEnough || count === 0) return { logHarm: 0, logProof: 0, estimate: count > 0 ? mean : null, bound: null };
  const sd = Math.sqrt(variance + (maxLoss * maxLoss) / count);
  const rho = mixtureRho(alpha, NARROWEST, 1);
  const about = (shifted: number): number => logMixtureE({ count, mean: shifted, sd, rho }, 1);
  return {
    logHarm: about(-mean),
    logProof: about(mean + maxLoss),
    estimate: mean,
    bound: mean - mixtureHalfWidth({ count, mean, sd, rho }, alpha, 1),
  };
}
