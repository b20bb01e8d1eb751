import type { EstimationSums } from '../../../src/statistics/metrics/confidence-based-estimation.ts';
import { addAt, emptyBins, unitBin } from './unit-bins.ts';

const NOTHING = { count: 0, positives: 0, variance: 0 };

export const emptyEstimation = (bins = 1000): EstimationSums => ({
  predictedPositive: NOTHING,
  predictedNegative: NOTHING,
  bins: { counts: emptyBins(bins), positives: emptyBins(bins), variances: emptyBins(bins) },
});

/** One more case without a label; the bins are changed in place. */
export function addEstimated(sums: EstimationSums, probability: number, predicted: boolean): EstimationSums {
  const { counts, positives, variances } = sums.bins;
  const bin = unitBin(probability, counts.length);
  const variance = probability * (1 - probability);
  addAt(counts, bin, 1);
  addAt(positives, bin, probability);
  addAt(variances, bin, variance);
  const side = predicted ? 'predictedPositive' : 'predictedNegative';
  const before = sums[side];
  const after = {
    count: before.count + 1,
    positives: before.positives + probability,
    variance: before.variance + variance,
  };
  return { ...sums, [side]: after };
}
