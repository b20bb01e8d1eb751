import type { Counters, EvidenceCell, EvidenceTest, Tally } from '../types/index.ts';
import { logLowerBoundedMeanE, shiftedSums } from '../statistics/lower-bounded-mean.ts';
import { logShareE } from '../statistics/share-evidence.ts';
import type { RunningMoments } from '../statistics/sketches/moments.ts';
import { mergeArms, momentsOf, PairTally } from './arm-moments.ts';
import { inUnit } from './bounded-evidence.ts';
import { type MeanEvidence, proveMean, spreadLacks } from './score-evidence.ts';
import { sumOf } from './sum-of.ts';

/** Pairs before an asymptotic sequence may be believed. */
const BURN_IN = 400;

const pairsOf = (cells: readonly EvidenceCell[]): RunningMoments =>
  momentsOf(mergeArms(cells.map(({ counters }) => counters)), '');
const meanOf = ({ count, mean, squares }: RunningMoments): MeanEvidence => ({ count, mean, variance: squares / count });

/** Tests the mean of paired differences (challenger minus champion, higher is better) without a bound on them. */
export function pairedScoreTest(maxLoss: number): EvidenceTest {
  return {
    tally: () => new PairTally((value) => value),
    merge: mergeArms,
    prove: (cells, alpha) => {
      const pairs = pairsOf(cells);
      const { count } = pairs;
      // A difference that is always the same is judged by itself.
      const lacks = pairs.squares === 0 ? undefined : spreadLacks([pairs], count, maxLoss);
      const isEnough = lacks === undefined && count >= BURN_IN;
      return { ...proveMean(meanOf(pairs), alpha, maxLoss, isEnough), champion: count, challenger: count, lacks };
    },
  };
}

/** The same for scores of a known range of `width`: exact. */
export function pairedBoundedTest(maxLoss: number, width: number): EvidenceTest {
  const margin = maxLoss / width;
  return {
    tally: () => new PairTally((value) => Math.min(Math.max(value / width, -1), 1)),
    merge: mergeArms,
    prove: (cells, alpha) => {
      const pairs = pairsOf(cells);
      /** Moments of the differences times `sign`, plus `shift`: none is below shift − 1. */
      const log = (sign: 1 | -1, shift: number): number =>
        logLowerBoundedMeanE([{ sums: shiftedSums(pairs, sign, shift), bound: 1 - shift }]);
      const { estimate, bound } = proveMean(meanOf(pairs), alpha, margin, pairs.count >= BURN_IN);
      const logs = { logHarm: log(-1, 0), logProof: log(1, margin) };
      return { ...logs, champion: pairs.count, challenger: pairs.count, ...inUnit(estimate, bound, width) };
    },
  };
}

/** Tests that the two agree on at least the share `minAgreement` of inputs: Beta mixtures, which only need the counts. */
export function agreementTest(minAgreement: number): EvidenceTest {
  return {
    tally: () => new AgreementTally(),
    prove: (cells) => {
      const [pairs, agreed] = [sumOf(cells, 'pairs'), sumOf(cells, 'agreed')];
      return {
        logHarm: logShareE(pairs - agreed, agreed, 1 - minAgreement),
        logProof: logShareE(agreed, pairs - agreed, minAgreement),
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

  counters(): Counters {
    return { pairs: this.#pairs, agreed: this.#agreed };
  }
}
