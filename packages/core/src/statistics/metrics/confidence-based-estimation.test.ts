import { expect, test } from 'vitest';
import { addEstimated, emptyEstimation } from '../../../tests/support/statistics/estimation.ts';
import { estimatePerformance } from './confidence-based-estimation.ts';

test('by hand', () => {
  const sums = [
    [0.9, true],
    [0.6, true],
    [0.2, false],
  ].reduce((state, [p, predicted]) => addEstimated(state, Number(p), predicted === true), emptyEstimation());
  const estimated = estimatePerformance(sums);
  expect(estimated.expected.truePositives).toBeCloseTo(1.5, 12);
  expect(estimated.accuracy?.value).toBeCloseTo(2.3 / 3, 12);
  expect(estimated.precision?.value).toBeCloseTo(0.75, 12);
  expect(estimated.recall?.value).toBeCloseTo(1.5 / 1.7, 12);
  expect(estimated.f1?.value).toBeCloseTo(3 / 3.7, 12);
  // Ordered pairs: .9 above .6 and .2, .6 above .2; all pairs: each case positive, each other negative.
  const [a, b, c] = [0.9, 0.6, 0.2];
  const right = a * (1 - b) + a * (1 - c) + b * (1 - c);
  const wrong = b * (1 - a) + c * (1 - a) + c * (1 - b);
  expect(estimated.auc?.value).toBeCloseTo(right / (right + wrong), 12);
});

test('certainty, and no case', () => {
  const certain = estimatePerformance(addEstimated(addEstimated(emptyEstimation(), 1, true), 0, false));
  expect(certain.auc).toEqual({ value: 1, lower: 1, upper: 1 });
  expect(certain.accuracy).toEqual({ value: 1, lower: 1, upper: 1 });
  const nothing = estimatePerformance(emptyEstimation());
  expect([nothing.accuracy, nothing.precision, nothing.recall, nothing.f1, nothing.auc]).toEqual([null, null, null, null, null]);
  const negative = estimatePerformance(addEstimated(emptyEstimation(), 0, false));
  expect([negative.precision, negative.recall, negative.f1, negative.auc]).toEqual([null, null, null, null]);
  expect(() => estimatePerformance(emptyEstimation(), 0)).toThrow('alpha');
});
