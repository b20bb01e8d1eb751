import { expect, test } from 'vitest';
import { binomialP } from './binomial.ts';

test('it counts the outcomes', () => {
  expect(binomialP(2, 3, 0.5)).toBeCloseTo(4 / 8, 12);
  expect(binomialP(1, 3, 0.5)).toBeCloseTo(7 / 8, 12);
  expect([binomialP(0, 3, 0.2), binomialP(0, 0, 0.2), binomialP(3, 3, 1), binomialP(3, 3, 0)]).toEqual([1, 1, 1, 0]);
});

/** hits, trials, alpha, and the lower bound of Clopper and Pearson from SciPy 1.17. */
const BOUNDS = [
  [3, 100, 0.05, 0.006229971538306395],
  [50, 100, 0.01, 0.3688614373589241],
  [20, 20, 0.1, 0.8608916593317348],
  [7, 1_000_000, 0.05, 2.81436753430222e-6],
] as const;

test.each(BOUNDS)('%d of %d: at the exact bound of alpha %d it is alpha / 2', (hits, trials, alpha, bound) => {
  expect(binomialP(hits, trials, bound) / (alpha / 2)).toBeCloseTo(1, 9);
  expect(binomialP(hits, trials, bound * 0.99)).toBeLessThan(alpha / 2);
});

test.each([
  ['trials', () => binomialP(0, -1, 0.5)],
  ['hits', () => binomialP(4, 3, 0.5)],
  ['hits', () => binomialP(0.5, 3, 0.5)],
  ['rate', () => binomialP(1, 3, 1.5)],
])('refuses %s', (field, call) => {
  expect(call).toThrow(field);
});
