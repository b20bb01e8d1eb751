import { normalQuantile } from '../statistics/normal.ts';
import type { MetricPlan } from './metric-plan.ts';

/**
 * The share of variance that is explained. Its interval is that of a ratio of two means (delta method); powers of the target are
 * summed round the first one, so that large targets lose no digits.
 */
export function explainedVariancePlan(): MetricPlan {
  let origin: number | undefined;
  return {
    better: 'higher',
    width: 9,
    bets: undefined,
    score: (prediction, truth) => (Number(prediction) - Number(truth)) ** 2,
    add: (row, error, _, truth) => {
      origin ??= Number(truth);
      const apart = Number(truth) - origin;
      let power = 1;
      for (let index = 1; index <= 4; index++) row[index] = (row[index] ?? 0) + (power *= apart);
      row[5] = (row[5] ?? 0) + error;
      row[6] = (row[6] ?? 0) + error * error;
      row[7] = (row[7] ?? 0) + error * apart;
      row[8] = (row[8] ?? 0) + error * apart * apart;
    },
    estimate: (sums, alpha) => {
      const [n = 0] = sums;
      const [m1 = 0, m2 = 0, m3 = 0, m4 = 0, e = 0, ee = 0, ed = 0, edd = 0] = [...sums].slice(1).map((sum) => sum / n);
      const spread = m2 - m1 * m1;
      if (!(spread > 1e-12 * m2)) return null;
      const unexplained = e / spread;
      const fourth = m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1 ** 4;
      const crossed = edd - 2 * m1 * ed + m1 * m1 * e;
      // The variance of error² − unexplained × (target − mean)², whose mean is 0.
      const variance = ee - 2 * unexplained * crossed + unexplained * unexplained * fourth;
      const half = (-normalQuantile(alpha / 2) * Math.sqrt(Math.max(0, variance) / n)) / spread;
      return { value: 1 - unexplained, lower: 1 - unexplained - half, upper: Math.min(1, 1 - unexplained + half) };
    },
  };
}
