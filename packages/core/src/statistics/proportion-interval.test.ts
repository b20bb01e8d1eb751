import fc from 'fast-check';
import { expect, test } from 'vitest';
import { incompleteBeta } from './incomplete-beta.ts';
import { clopperPearsonInterval, wilsonInterval } from './proportion-interval.ts';

/** successes, trials, alpha, then Wilson and Clopper–Pearson bounds from scipy 1.17. */
const CASES = [
  [0, 20, 0.05, 0, 0.16112515805281938, 0, 0.1684334709830853],
  [3, 100, 0.05, 0.010254524024038925, 0.0845193642905276, 0.006229971538306395, 0.08517605297428002],
  [50, 100, 0.01, 0.37527962504483986, 0.6247203749551602, 0.3688614373589241, 0.6311385626410759],
  [20, 20, 0.1, 0.8808421626390356, 1, 0.8608916593317348, 1],
  [7, 1_000_000, 0.05, 3.390867834900857e-6, 1.4450522448827192e-5, 2.81436753430222e-6, 1.4422621834331028e-5],
] as const;

test.each(CASES)('%d of %d at alpha %d', (successes, trials, alpha, wilsonLower, wilsonUpper, exactLower, exactUpper) => {
  const wilson = wilsonInterval(successes, trials, alpha);
  const exact = clopperPearsonInterval(successes, trials, alpha);
  expect([wilson.lower, wilson.upper, exact.lower, exact.upper].map((bound) => bound.toPrecision(10))).toEqual(
    [wilsonLower, wilsonUpper, exactLower, exactUpper].map((bound) => bound.toPrecision(10)),
  );
});

test('Clopper–Pearson bounds leave alpha / 2 on either side, and mirror', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), fc.constantFrom(0.01, 0.05, 0.2), (trials, draw, alpha) => {
      const successes = draw % (trials + 1);
      const { lower, upper } = clopperPearsonInterval(successes, trials, alpha);
      expect(lower).toBeLessThanOrEqual(successes / trials);
      expect(upper).toBeGreaterThanOrEqual(successes / trials);
      if (successes > 0) expect(incompleteBeta(lower, successes, trials - successes + 1).lower).toBeCloseTo(alpha / 2, 10);
      if (successes < trials) expect(incompleteBeta(upper, successes + 1, trials - successes).upper).toBeCloseTo(alpha / 2, 10);
      const mirror = clopperPearsonInterval(trials - successes, trials, alpha);
      expect(1 - mirror.upper).toBeCloseTo(lower, 12);
      const wilson = wilsonInterval(successes, trials, alpha);
      expect(wilson.lower).toBeCloseTo(1 - wilsonInterval(trials - successes, trials, alpha).upper, 12);
    }),
    { seed: 1 },
  );
});

test('G17 exact bounds of any alpha are numbers', () => {
  for (const alpha of [5e-324, 1e-310, 1e-200, 1e-20, 0.5, 1 - 1e-16])
    for (const trials of [1, 10, 1e6, 1e9]) {
      for (const successes of [0, 1, trials]) {
        const { lower, upper } = clopperPearsonInterval(successes, trials, alpha);
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(upper).toBeLessThanOrEqual(1);
        expect(lower).toBeLessThanOrEqual(upper);
      }
    }
});
