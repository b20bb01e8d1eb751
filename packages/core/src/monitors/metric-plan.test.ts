import { describe, expect, test } from 'vitest';
import { wilsonInterval } from '../statistics/proportion-interval.ts';
import { type MeanScore, meanPlan } from './metric-plan.ts';

const score = (prediction: unknown): number => Number(prediction);

/** The estimate of a mean of these scores. */
function estimate(scores: readonly number[], options: Partial<MeanScore> = {}, alpha = 0.05) {
  const plan = meanPlan({ better: 'higher', score, ...options }, 0.5);
  const row = new Float64Array(plan.width);
  for (const one of scores) {
    row[0] = (row[0] ?? 0) + 1;
    plan.add(row, one, one, 1);
  }
  return plan.estimate(row, alpha);
}

test('without a case nothing is estimated', () => {
  expect(estimate([])).toBeNull();
  expect(estimate([], { binary: true })).toBeNull();
});

test('scores of 0 and 1 have the interval of Wilson', () => {
  expect(estimate([1, 1, 1, 0], { binary: true })).toEqual({ value: 0.75, ...wilsonInterval(3, 4, 0.05) });
  expect(estimate([1, 1], { binary: true })?.lower).toBeGreaterThan(0);
});

test('others the normal one: the mean, and 1.96 standard errors on each side', () => {
  // Mean 4, variance of the sample 20/3.
  const half = 1.959964 * Math.sqrt(20 / 3 / 4);
  const found = estimate([1, 3, 5, 7]);
  expect(found?.value).toBe(4);
  expect(found?.lower).toBeCloseTo(4 - half, 5);
  expect(found?.upper).toBeCloseTo(4 + half, 5);
  const wider = estimate([1, 3, 5, 7], {}, 0.01);
  expect(wider?.upper).toBeGreaterThan(found?.upper ?? Infinity);
});

test('one case, and scores that are all equal, have an interval of no width: nothing is known of their spread', () => {
  expect(estimate([3])).toEqual({ value: 3, lower: 3, upper: 3 });
  // Their squares do not add up to a variance of 0 in floating point.
  const found = estimate(Array.from({ length: 1000 }, () => 0.1));
  expect(found?.lower).toBeCloseTo(0.1, 6);
  expect(found?.upper).toBeCloseTo(0.1, 6);
});

test('the interval stays in the range', () => {
  expect(estimate([0, 0.2], { range: [0, 1] })).toMatchObject({ lower: 0 });
  expect(estimate([0.8, 1], { range: [0, 1] })).toMatchObject({ upper: 1 });
});

test('the metric that is shown follows from the mean, and so do its bounds', () => {
  const found = estimate([4, 4, 16], { shown: [Math.sqrt, (value) => value ** 2], range: [0, 100] });
  expect(found?.value).toBeCloseTo(Math.sqrt(8), 12);
  expect(found?.lower).toBeCloseTo(Math.sqrt(8 - 1.959964 * 4), 4);
});

describe('bets on a bounded score', () => {
  test('there are none without a range', () => {
    expect(meanPlan({ better: 'higher', score }, 0.5).bets).toBeUndefined();
  });

  test('its share of the range, from the bad end; scores beyond it are its ends', () => {
    const higher = meanPlan({ better: 'higher', score, range: [-1, 3] }, 1).bets;
    expect(higher?.floor).toBe(0.5);
    expect([-1, 0, 3, 99, -99].map((value) => higher?.share(value))).toEqual([0, 0.25, 1, 1, 0]);
    const lower = meanPlan({ better: 'lower', score, range: [0, 4] }, 1).bets;
    expect(lower?.floor).toBe(0.75);
    expect([0, 1, 4, 99].map((value) => lower?.share(value))).toEqual([1, 0.75, 0, 0]);
  });

  test('the limit is of what is shown', () => {
    const shown: MeanScore['shown'] = [(mean) => (2 * mean) / (1 + mean), (f1) => f1 / (2 - f1)];
    expect(meanPlan({ better: 'higher', score, range: [0, 1], shown }, 0.8).bets?.floor).toBeCloseTo(2 / 3, 12);
  });
});
