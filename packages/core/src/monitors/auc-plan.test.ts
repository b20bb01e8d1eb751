import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc } from '../statistics/metrics/auc.ts';
import { aucPlan, LOG_ODDS_BINS, logOddsBin } from './auc-plan.ts';

describe('the bins', () => {
  it.each([
    [0, 0],
    [0.5, 16],
    [1, 31],
    [1 / (1 + Math.exp(-0.51)), 17],
    [1 / (1 + Math.exp(0.01)), 15],
    [1e-300, 0],
    [1 - 1e-16, 31],
  ])('%d is in bin %d', (probability, bin) => {
    expect(logOddsBin(probability)).toBe(bin);
  });

  it('rise with the probability (property)', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(probability, probability, (a, b) => {
        expect(logOddsBin(Math.min(a, b))).toBeLessThanOrEqual(logOddsBin(Math.max(a, b)));
      }),
    );
  });
});

function estimateOf(cases: readonly (readonly [score: number, truth: number])[]) {
  const plan = aucPlan();
  const row = new Float64Array(plan.width);
  for (const [score, truth] of cases) {
    row[0] = (row[0] ?? 0) + 1;
    plan.add(row, plan.score(score, truth) ?? Number.NaN, score, truth);
  }
  return plan.estimate(row, 0.05);
}

it('is the area over the bins, pairs of one bin as ties, inside of its interval (property)', () => {
  const scored = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1));
  fc.assert(
    fc.property(fc.array(scored, { maxLength: 60 }), (cases) => {
      const exact = auc(
        cases.map(([score]) => logOddsBin(score)),
        cases.map(([, truth]) => truth === 1),
      );
      const estimate = estimateOf(cases);
      expect(estimate === null).toBe(exact === null);
      if (exact === null) return;
      expect(estimate?.value).toBeCloseTo(exact, 10);
      expect(estimate?.lower).toBeLessThanOrEqual(exact + 1e-12);
      expect(estimate?.upper).toBeGreaterThanOrEqual(exact - 1e-12);
      expect((estimate?.lower ?? -1) >= 0 && (estimate?.upper ?? 2) <= 1).toBe(true);
    }),
  );
});

it('has an interval as Hanley and McNeil tell it: 50 of each, area 0.8', () => {
  // Of ten bins with hits and misses such that the area is 0.8: 30 hits over all misses, 20 among them.
  const cases = [
    ...Array.from({ length: 30 }, () => [0.99, 1] as const),
    ...Array.from({ length: 20 }, () => [0.5, 1] as const),
    ...Array.from({ length: 50 }, () => [0.5, 0] as const),
  ];
  const { value = 0, lower = 0, upper = 0 } = estimateOf(cases) ?? {};
  expect(value).toBeCloseTo(0.8, 12);
  const [q1, q2] = [0.8 / 1.2, (2 * 0.64) / 1.8];
  const error = Math.sqrt((0.8 * 0.2 + 49 * (q1 - 0.64) + 49 * (q2 - 0.64)) / 2500);
  expect([lower, upper]).toEqual([expect.closeTo(0.8 - 1.959964 * error, 6), expect.closeTo(0.8 + 1.959964 * error, 6)]);
  expect(LOG_ODDS_BINS).toBe(32);
});
