import type { EvidenceCell, EvidenceTest, Proof, Tally } from '../spec/index.ts';
import { betOnDifference, type DifferenceBetting, NO_DIFFERENCES } from '../statistics/difference-betting.ts';
import { proveScores } from './score-evidence.ts';
import { sumOf } from './sum-of.ts';

export interface BoundedOptions {
  /** In units of the score. */
  readonly maxLoss: number;
  readonly range: readonly [least: number, most: number];
  readonly sign: 1 | -1;
}

/** Tests that the mean of a score with a known range is not lower on the challenger: exact bets, no burn-in. */
export function boundedTest({ maxLoss, range: [least, most], sign }: BoundedOptions): EvidenceTest {
  const width = most - least;
  return {
    tally: () => new BoundedTally(least, width, maxLoss / width, sign),
    prove: (cells, alpha) => ({ ...proveBounded(cells, alpha, maxLoss / width, width) }),
  };
}

/** Bets in both directions on values scaled to [0, 1], higher is better. */
class BoundedTally implements Tally {
  readonly #least: number;
  readonly #width: number;
  readonly #margin: number;
  readonly #sign: 1 | -1;
  #proof: DifferenceBetting = NO_DIFFERENCES;
  #harm: DifferenceBetting = NO_DIFFERENCES;

  constructor(least: number, width: number, margin: number, sign: 1 | -1) {
    this.#least = least;
    this.#width = width;
    this.#margin = margin;
    this.#sign = sign;
  }

  add(raw: number, onChallenger: boolean, probability: number): void {
    const scaled = Math.min(Math.max((raw - this.#least) / this.#width, 0), 1);
    const value = this.#sign === 1 ? scaled : 1 - scaled;
    this.#proof = betOnDifference(this.#proof, { value, onChallenger, probability }, -this.#margin);
    this.#harm = betOnDifference(this.#harm, { value: 1 - value, onChallenger, probability }, 0);
  }

  counters(): Readonly<Record<string, number>> {
    const { past, sum, sumOfSquares, logE } = this.#proof;
    return {
      n0: past.champion.count,
      n1: past.challenger.count,
      sum,
      squares: sumOfSquares,
      proof: logE,
      harm: this.#harm.logE,
    };
  }
}

/** The bound is that of the asymptotic sequence over the same scores, in the unit of the score: the bets decide, it informs. */
export function proveBounded(cells: readonly EvidenceCell[], alpha: number, margin: number, width: number): Proof {
  const { champion, challenger, estimate, bound } = proveScores(cells, alpha, margin, 400);
  return {
    logHarm: sumOf(cells, 'harm'),
    logProof: sumOf(cells, 'proof'),
    champion,
    challenger,
    estimate: estimate === null ? null : estimate * width,
    bound: bound === null ? null : bound * width,
  };
}
