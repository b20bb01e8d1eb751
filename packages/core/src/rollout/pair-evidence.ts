import type { EvidenceTest, Tally } from '../spec/index.ts';
import { betOnMean, type MeanBetting, NO_BETS } from '../statistics/mean-betting.ts';
import { addScore, NO_SCORES, type ScoreSums } from '../statistics/score-sums.ts';
import { logShareE } from '../statistics/share-evidence.ts';
import { proveBounded } from './bounded-evidence.ts';
import { proveScores } from './score-evidence.ts';
import { sumOf } from './sum-of.ts';

/** Pairs before an asymptotic sequence may be believed. */
const BURN_IN = 400;

/** Tests the mean of paired differences (challenger minus champion, higher is better) without a bound on them. */
export function pairedScoreTest(maxLoss: number): EvidenceTest {
  return { tally: () => new PairTally(), prove: (cells, alpha) => proveScores(cells, alpha, maxLoss, BURN_IN) };
}

class PairTally implements Tally {
  #scores: ScoreSums = NO_SCORES;

  add(value: number): void {
    this.#scores = addScore(this.#scores, value);
  }

  counters(): Readonly<Record<string, number>> {
    const { count, sum, sumOfSquares } = this.#scores;
    return { pairs: count, sum, squares: sumOfSquares };
  }
}

/** The same for scores of a known range of `width`: exact bets. */
export function pairedBoundedTest(maxLoss: number, width: number): EvidenceTest {
  const margin = maxLoss / width;
  return {
    tally: () => new PairedBoundedTally(width, margin),
    prove: (cells, alpha) => proveBounded(cells, alpha, margin, width),
  };
}

class PairedBoundedTally implements Tally {
  readonly #width: number;
  readonly #margin: number;
  #scores: ScoreSums = NO_SCORES;
  #proof: MeanBetting = NO_BETS;
  #harm: MeanBetting = NO_BETS;

  constructor(width: number, margin: number) {
    this.#width = width;
    this.#margin = margin;
  }

  add(value: number): void {
    const difference = Math.min(Math.max(value / this.#width, -1), 1);
    this.#scores = addScore(this.#scores, difference);
    const x = (difference + 1) / 2;
    this.#proof = betOnMean(this.#proof, x, (1 - this.#margin) / 2);
    this.#harm = betOnMean(this.#harm, 1 - x, 0.5);
  }

  counters(): Readonly<Record<string, number>> {
    const { count, sum, sumOfSquares } = this.#scores;
    return { pairs: count, sum, squares: sumOfSquares, proof: this.#proof.logE, harm: this.#harm.logE };
  }
}

/** Tests that the two agree on at least the share `minimum` of inputs: Beta mixtures, which only need the counts. */
export function agreementTest(minimum: number): EvidenceTest {
  return {
    tally: () => new AgreementTally(),
    prove: (cells) => {
      const [pairs, agreed] = [sumOf(cells, 'pairs'), sumOf(cells, 'agreed')];
      return {
        logHarm: logShareE(pairs - agreed, agreed, 1 - minimum),
        logProof: logShareE(agreed, pairs - agreed, minimum),
        champion: pairs,
        challenger: pairs,
        estimate: pairs === 0 ? null : agreed / pairs,
        bound: null,
      };
    },
  };
}

class AgreementTally implements Tally {
  #pairs = 0;
  #agreed = 0;

  add(value: number): void {
    this.#pairs++;
    this.#agreed += value;
  }

  counters(): Readonly<Record<string, number>> {
    return { pairs: this.#pairs, agreed: this.#agreed };
  }
}
