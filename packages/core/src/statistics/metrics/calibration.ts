import { addAt, addBins, emptyBins, unitBin } from './unit-bins.ts';

/** Predicted probabilities, and how often they came true, by equal-width bins. Merges by addition. */
export interface ReliabilityTable {
  /** Cases. */
  readonly counts: number[];
  /** Sums of the predicted probabilities. */
  readonly probabilities: number[];
  /** Positive cases. */
  readonly positives: number[];
}

/**
 * @param bins @defaultValue 10
 * @throws UnderstudyError `CONFIGURATION_INVALID` unless there are 1 to 100,000 bins
 */
export function emptyReliability(bins = 10): ReliabilityTable {
  return { counts: emptyBins(bins), probabilities: emptyBins(bins), positives: emptyBins(bins) };
}

/**
 * One more case, in place.
 *
 * @param probability of the positive class, 0..1
 * @throws UnderstudyError `INPUT_INVALID` for a probability outside
 */
export function addReliability(table: ReliabilityTable, probability: number, positive: boolean): void {
  const bin = unitBin(probability, table.counts.length, 'probability');
  addAt(table.counts, bin, 1);
  addAt(table.probabilities, bin, probability);
  addAt(table.positives, bin, Number(positive));
}

/** @throws UnderstudyError `CONFIGURATION_INVALID` where the bins differ */
export function mergeReliability(a: ReliabilityTable, b: ReliabilityTable): ReliabilityTable {
  return {
    counts: addBins(a.counts, b.counts),
    probabilities: addBins(a.probabilities, b.probabilities),
    positives: addBins(a.positives, b.positives),
  };
}

/** How far predicted probabilities lie from observed rates, each 0..1. */
export interface CalibrationError {
  /** Expected calibration error: mean distance, weighted by the cases of each bin. Above 0 by chance alone. */
  readonly ece: number;
  /** Maximum calibration error: the distance of the worst bin. */
  readonly mce: number;
}

/** Null without a case (M. Naeini, G. Cooper and M. Hauskrecht, 2015; with the probability of the positive class). */
export function calibrationError(table: ReliabilityTable): CalibrationError | null {
  let [total, distance, mce] = [0, 0, 0];
  for (const [bin, count] of table.counts.entries()) {
    if (count === 0) continue;
    const apart = Math.abs((table.positives[bin] ?? 0) - (table.probabilities[bin] ?? 0));
    total += count;
    distance += apart;
    mce = Math.max(mce, apart / count);
  }
  return total === 0 ? null : { ece: distance / total, mce };
}
