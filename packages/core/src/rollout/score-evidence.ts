import type { EvidenceCell, EvidenceTest, Proof, Tally } from '../spec/index.ts';
import { addToArm, aipwScore, type ArmSums, NO_ARM_SUMS } from '../statistics/aipw.ts';
import { BURN_IN, logMixtureE, mixtureHalfWidth, mixtureRho } from '../statistics/asymptotic-sequence.ts';
import { addScore, NO_SCORES, scoreMoments, type ScoreSums } from '../statistics/score-sums.ts';
import { sumOf } from './sum-of.ts';

/** Units at which the sequence is narrowest: fixed before the first score. */
const NARROWEST = 5000;

/**
 * Tests that the mean of a score (higher is better) is not lower on the challenger, without a bound on the score: AIPW scores and
 * their asymptotic confidence sequence. It says nothing before 400 units of each arm.
 */
export function scoreTest({ maxLoss, sign }: { readonly maxLoss: number; readonly sign: 1 | -1 }): EvidenceTest {
  return { tally: () => new ScoreTally(sign), prove: (cells, alpha) => proveScores(cells, alpha, maxLoss, BURN_IN.units) };
}

class ScoreTally implements Tally {
  readonly #sign: 1 | -1;
  #arms: ArmSums = NO_ARM_SUMS;
  #scores: ScoreSums = NO_SCORES;

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  add(raw: number, onChallenger: boolean, probability: number): void {
    const unit = { value: raw * this.#sign, onChallenger, probability };
    // Both arms are predicted alike: were they predicted apart, outcomes of one arm that only come later would look like a difference.
    const { champion, challenger } = this.#arms;
    const all = { count: champion.count + challenger.count, sum: champion.sum + challenger.sum };
    this.#scores = addScore(this.#scores, aipwScore({ champion: all, challenger: all }, unit));
    this.#arms = addToArm(this.#arms, unit);
  }

  counters(): Readonly<Record<string, number>> {
    const { champion, challenger } = this.#arms;
    const { sum, sumOfSquares } = this.#scores;
    return { n0: champion.count, n1: challenger.count, sum, squares: sumOfSquares };
  }
}

/**
 * What sums of differences (challenger minus champion, higher is better) say. One more difference, of the size of the margin,
 * goes into their variance: scores that were all the same so far prove nothing beyond it.
 *
 * @param burnIn units of each arm before anything is said
 */
export function proveScores(cells: readonly EvidenceCell[], alpha: number, maxLoss: number, burnIn: number): Proof {
  const [champion, challenger, pairs] = [sumOf(cells, 'n0'), sumOf(cells, 'n1'), sumOf(cells, 'pairs')];
  const count = pairs + champion + challenger;
  const units = { champion: champion + pairs, challenger: challenger + pairs };
  const { mean, variance } = scoreMoments({ count, sum: sumOf(cells, 'sum'), sumOfSquares: sumOf(cells, 'squares') });
  if (Math.min(units.champion, units.challenger) < burnIn)
    return { logHarm: 0, logProof: 0, ...units, estimate: count > 0 ? mean : null, bound: null };
  const sd = Math.sqrt(variance + (maxLoss * maxLoss) / count);
  const rho = mixtureRho(alpha, NARROWEST, 1);
  const about = (shifted: number): number => logMixtureE({ count, mean: shifted, sd, rho }, 1);
  return {
    logHarm: about(-mean),
    logProof: about(mean + maxLoss),
    ...units,
    estimate: mean,
    bound: mean - mixtureHalfWidth({ count, mean, sd, rho }, alpha, 1),
  };
}
