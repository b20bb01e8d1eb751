import { describe, expect, test } from 'vitest';
import { auc } from '../../../tests/support/statistics/auc.ts';
import { addBinaryCase, NO_BINARY_CASES } from '../../../tests/support/statistics/binary-cases.ts';
import { addEstimated, emptyEstimation } from '../../../tests/support/statistics/estimation.ts';
import { seededRandom } from '../seeded-random.ts';
import { binaryMetrics } from './binary-metrics.ts';
import { estimatePerformance } from './confidence-based-estimation.ts';

const METRICS = ['accuracy', 'precision', 'recall', 'f1', 'auc'] as const;

/** Cases with calibrated probabilities (unless `drift` bends the truth), their estimate, and what the labels say. */
function simulate(random: () => number, drift = 1) {
  let [sums, table] = [emptyEstimation(200), NO_BINARY_CASES];
  const scores: number[] = [];
  const positives: boolean[] = [];
  for (let at = 0; at < 400; at++) {
    const p = random() ** 2;
    const positive = random() < p ** drift;
    sums = addEstimated(sums, p, p >= 0.4);
    table = addBinaryCase(table, positive, p >= 0.4);
    scores.push(p);
    positives.push(positive);
  }
  return { estimated: estimatePerformance(sums), realised: { ...binaryMetrics(table), auc: auc(scores, positives) } };
}

describe('estimates without labels', () => {
  test.each([
    ['calibrated', 1, 500, 0.93, 0.97],
    ['after a concept drift', 3, 50, 0, 0.5],
  ] as const)('%s: how often the labels fall within the bounds', (_, drift, runs, least, most) => {
    const random = seededRandom(6);
    const inside = METRICS.map(() => 0);
    const bias = METRICS.map(() => 0);
    for (let run = 0; run < runs; run++) {
      const { estimated, realised } = simulate(random, drift);
      for (const [index, metric] of METRICS.entries()) {
        const [estimate, actual] = [estimated[metric], realised[metric] ?? NaN];
        bias[index] = (bias[index] ?? 0) + ((estimate?.value ?? NaN) - actual) / runs;
        inside[index] = (inside[index] ?? 0) + Number(actual >= (estimate?.lower ?? NaN) && actual <= (estimate?.upper ?? NaN));
      }
    }
    const [, precision = NaN] = inside;
    expect(precision / runs).toBeGreaterThanOrEqual(least);
    expect(precision / runs).toBeLessThan(most);
    for (const [index] of METRICS.entries()) {
      if (drift > 1) continue;
      expect((inside[index] ?? NaN) / runs).toBeGreaterThan(least);
      expect((inside[index] ?? NaN) / runs).toBeLessThan(most);
      expect(Math.abs(bias[index] ?? NaN)).toBeLessThan(0.003);
    }
  });
});
