import { checkAlpha } from '../argument-checks.ts';
import { normalQuantile } from '../normal.ts';

/** Sums of the calibrated probabilities of cases with the same prediction. */
interface PredictedAlike {
  readonly count: number;
  /** Σ p: how many positives are expected among them. */
  readonly positives: number;
  /** Σ p(1 − p): the variance of how many there are. */
  readonly variance: number;
}

/** Sums behind performance that is estimated without labels. Merge by addition. */
export interface EstimationSums {
  readonly predictedPositive: PredictedAlike;
  readonly predictedNegative: PredictedAlike;
  /** By equal-width bins of the probability. */
  readonly bins: { readonly counts: number[]; readonly positives: number[]; readonly variances: number[] };
}

/** An estimated metric, 0..1, with the bounds between which the labels of these very cases will put it. */
export interface PerformanceEstimate {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** Performance estimated from calibrated probabilities: null where undefined. */
export interface EstimatedPerformance {
  readonly count: number;
  /** Expected cases, not integers. */
  readonly expected: {
    readonly truePositives: number;
    readonly falsePositives: number;
    readonly falseNegatives: number;
    readonly trueNegatives: number;
  };
  readonly accuracy: PerformanceEstimate | null;
  readonly precision: PerformanceEstimate | null;
  readonly recall: PerformanceEstimate | null;
  readonly f1: PerformanceEstimate | null;
  readonly auc: PerformanceEstimate | null;
}

/**
 * Confidence-based performance estimation (NannyML's CBPE): a case with calibrated probability p is positive in a share p of all
 * such cases. **Assumes that the probabilities are calibrated for the population at hand: no concept drift.** It sees a change of
 * inputs, never a change of what the labels mean. Reconcile it when labels arrive.
 *
 * The bounds hold the chance of the labels only (delta method, independent labels): a realised metric outside them, more often than
 * alpha, says that the assumption failed.
 *
 * @param alpha @defaultValue 0.05
 * @throws UnderstudyError `CONFIGURATION_INVALID` for alpha
 */
export function estimatePerformance(sums: EstimationSums, alpha = 0.05): EstimatedPerformance {
  checkAlpha(alpha);
  const z = -normalQuantile(alpha / 2);
  const { predictedPositive: hit, predictedNegative: miss } = sums;
  const [tp, fn] = [hit.positives, miss.positives];
  const [fp, tn] = [hit.count - tp, miss.count - fn];
  const count = hit.count + miss.count;
  const positives = tp + fn;
  const estimate = (part: number, whole: number, byHit: number, byMiss: number): PerformanceEstimate | null =>
    whole === 0 ? null : around(part / whole, hit.variance * byHit ** 2 + miss.variance * byMiss ** 2, z);
  const both = hit.count + positives;
  return {
    count,
    expected: { truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn },
    accuracy: estimate(tp + tn, count, 1 / count, 1 / count),
    precision: estimate(tp, hit.count, 1 / hit.count, 0),
    recall: estimate(tp, positives, fn / positives ** 2, tp / positives ** 2),
    f1: estimate(2 * tp, both, (2 * (hit.count + fn)) / both ** 2, (2 * tp) / both ** 2),
    auc: estimateAuc(sums.bins, z),
  };
}

function around(value: number, variance: number, z: number): PerformanceEstimate {
  const half = z * Math.sqrt(variance);
  return { value, lower: Math.max(value - half, 0), upper: Math.min(value + half, 1) };
}

/** Expected pairs in order over expected pairs; the slope by one label is what it adds as a positive less as a negative. */
function estimateAuc({ counts, positives, variances }: EstimationSums['bins'], z: number): PerformanceEstimate | null {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const hits = sum(positives);
  const misses = sum(counts) - hits;
  const noise = sum(variances);
  // A case makes no pair with itself: E[y(1 − y)] is 0, not p(1 − p).
  const pairs = hits * misses - noise;
  if (pairs <= 0) return null;
  let [wins, missesBelow] = [0, 0];
  const shares = counts.map((count, bin) => {
    const own = positives[bin] ?? 0;
    const below = missesBelow + (count - own) / 2;
    wins += own * below;
    missesBelow += count - own;
    return below / misses;
  });
  const value = Math.min(Math.max((wins - noise / 2) / pairs, 0), 1);
  let hitsBelow = 0;
  const variance = counts.reduce((total, _, bin) => {
    const own = positives[bin] ?? 0;
    const above = (hits - hitsBelow - own / 2) / hits;
    hitsBelow += own;
    const slope = ((shares[bin] ?? 0) - value) / hits + (value - above) / misses;
    return total + (variances[bin] ?? 0) * slope ** 2;
  }, 0);
  return around(value, variance, z);
}
