import { addAt, addBins, emptyBins, unitBin } from './unit-bins.ts';

/** Cases of either class by equal-width bins of their score in [0, 1]. Merges by addition. */
export interface ScoreBins {
  readonly positives: number[];
  readonly negatives: number[];
}

/**
 * @param bins @defaultValue 1000
 * @throws UnderstudyError `CONFIGURATION_INVALID` unless there are 1 to 100,000 bins
 */
export function emptyScoreBins(bins = 1000): ScoreBins {
  return { positives: emptyBins(bins), negatives: emptyBins(bins) };
}

/**
 * One more case, in place: a copy of all bins per case would cost more than everything else.
 *
 * @param score 0..1
 * @throws UnderstudyError `INPUT_INVALID` for a score outside
 */
export function addBinnedScore(bins: ScoreBins, score: number, positive: boolean): void {
  const own = positive ? bins.positives : bins.negatives;
  addAt(own, unitBin(score, own.length, 'score'), 1);
}

/** @throws UnderstudyError `CONFIGURATION_INVALID` where the bins differ */
export function mergeScoreBins(a: ScoreBins, b: ScoreBins): ScoreBins {
  return { positives: addBins(a.positives, b.positives), negatives: addBins(a.negatives, b.negatives) };
}

/** An area under the ROC curve from binned scores. */
export interface BinnedAuc {
  /** 0..1 */
  readonly auc: number;
  /** The exact area lies at most this far away: half the pairs that share a bin, as a share of all pairs. */
  readonly error: number;
}

/** The area, with pairs within a bin as ties. Null unless both classes occur. */
export function binnedAuc({ positives, negatives }: ScoreBins): BinnedAuc | null {
  let [wins, ties, hits, misses] = [0, 0, 0, 0];
  for (const [index, positive] of positives.entries()) {
    const negative = negatives[index] ?? 0;
    wins += positive * misses;
    ties += positive * negative;
    hits += positive;
    misses += negative;
  }
  const pairs = hits * misses;
  return pairs === 0 ? null : { auc: (wins + ties / 2) / pairs, error: ties / 2 / pairs };
}
