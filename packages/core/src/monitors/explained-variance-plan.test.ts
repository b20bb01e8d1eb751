import fc from 'fast-check';
import { expect, it } from 'vitest';
import { explainedVariancePlan } from './explained-variance-plan.ts';

function estimateOf(cases: readonly (readonly [prediction: number, truth: number])[], alpha = 0.05) {
  const plan = explainedVariancePlan();
  const row = new Float64Array(plan.width);
  for (const [prediction, truth] of cases) {
    row[0] = (row[0] ?? 0) + 1;
    plan.add(row, plan.score(prediction, truth) ?? Number.NaN, prediction, truth);
  }
  return plan.estimate(row, alpha);
}

it('is 1 less the squared errors over those of the mean, wherever the targets lie (property)', () => {
  const number = fc.integer({ min: -100, max: 100 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(number, number), { minLength: 2, maxLength: 40 }),
      fc.constantFrom(0, 1e6, -1e8),
      (pairs, shift) => {
        const mean = pairs.reduce((sum, [, truth]) => sum + truth, 0) / pairs.length;
        const [errors, spread] = [
          pairs.reduce((sum, [prediction, truth]) => sum + (prediction - truth) ** 2, 0),
          pairs.reduce((sum, [, truth]) => sum + (truth - mean) ** 2, 0),
        ];
        const estimate = estimateOf(pairs.map(([prediction, truth]) => [prediction + shift, truth + shift] as const));
        expect(estimate === null).toBe(spread === 0);
        if (estimate === null) return;
        const exact = 1 - errors / spread;
        expect(Math.abs(estimate.value - exact)).toBeLessThan(1e-8 * Math.max(1, Math.abs(exact)));
        expect(estimate.lower).toBeLessThanOrEqual(estimate.value + 1e-9 * Math.abs(exact));
        expect(estimate.upper).toBeLessThanOrEqual(1);
      },
    ),
  );
});

it('a right prediction explains all, without a doubt; the mean explains nothing', () => {
  const truths = [1, 2, 3, 4];
  expect(estimateOf(truths.map((truth) => [truth, truth] as const))).toEqual({ value: 1, lower: 1, upper: 1 });
  expect(estimateOf(truths.map((truth) => [2.5, truth] as const))?.value).toBeCloseTo(0, 12);
});

it('without a case, or where targets do not differ, is undefined', () => {
  expect([
    estimateOf([]),
    estimateOf([[1, 5]]),
    estimateOf([
      [1, 5],
      [2, 5],
    ]),
  ]).toEqual([null, null, null]);
});

it('is wider at a smaller alpha', () => {
  const cases = Array.from({ length: 50 }, (_, index) => [index + (index % 7) - 3, index] as const);
  const [usual, far] = [estimateOf(cases), estimateOf(cases, 0.001)];
  expect(far?.lower).toBeLessThan(usual?.lower ?? Number.NaN);
  expect(far?.value).toBe(usual?.value);
});
