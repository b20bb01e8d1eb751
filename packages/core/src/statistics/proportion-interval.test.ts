import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wilsonInterval } from './proportion-interval.ts';

/** successes, trials, alpha, then the bounds from SciPy 1.17. */
const CASES = [
  [0, 20, 0.05, 0, 0.16112515805281938],
  [3, 100, 0.05, 0.010254524024038925, 0.0845193642905276],
  [50, 100, 0.01, 0.37527962504483986, 0.6247203749551602],
  [20, 20, 0.1, 0.8808421626390356, 1],
  [7, 1_000_000, 0.05, 3.390867834900857e-6, 1.4450522448827192e-5],
] as const;

test.each(CASES)('%d of %d at alpha %d', (successes, trials, alpha, lower, upper) => {
  const wilson = wilsonInterval(successes, trials, alpha);
  expect([wilson.lower, wilson.upper].map((bound) => bound.toPrecision(10))).toEqual(
    [lower, upper].map((bound) => bound.toPrecision(10)),
  );
});

test('the interval holds the share, and mirrors', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), fc.constantFrom(0.01, 0.05, 0.2), (trials, draw, alpha) => {
      const successes = draw % (trials + 1);
      const { lower, upper } = wilsonInterval(successes, trials, alpha);
      expect(lower).toBeLessThanOrEqual(successes / trials);
      expect(upper).toBeGreaterThanOrEqual(successes / trials);
      expect(lower).toBeCloseTo(1 - wilsonInterval(trials - successes, trials, alpha).upper, 12);
    }),
    { seed: 1 },
  );
});
