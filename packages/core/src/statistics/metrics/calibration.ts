/** Predicted probabilities, and how often they came true, by equal-width bins. Merges by addition. */
export interface ReliabilityTable {
  /** Cases. */
  readonly counts: number[];
  /** Sums of the predicted probabilities. */
  readonly probabilities: number[];
  /** Positive cases. */
  readonly positives: number[];
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
