import { expect, test } from 'vitest';
import { logDirichletMultinomialE } from './dirichlet-multinomial.ts';

/** counts, weights, concentration, and ln E from the plain sum of ln Γ with 60 digits (mpmath 1.3). */
const CASES = [
  [[0, 0], [1, 1], 1, 0],
  [[3, 0, 0], [1, 2, 5], 0.5, 3.6216707044204863],
  [[500_000_000, 500_000_000], [1, 1], 1000, -6.908005778690221],
  [[950_010_000, 49_990_000], [19, 1], 1000, -5.8566350460987975],
  [[950_100_000, 49_900_000], [19, 1], 1000, 98.42112281333033],
] as const;

test.each(CASES)('%j against %j, also where sums of ln Γ have lost their digits', (counts, weights, concentration, expected) => {
  expect(logDirichletMultinomialE(counts, weights, concentration)).toBeCloseTo(expected, 8);
});

test('the order of the arms does not matter, nor the unit of the weights', () => {
  const direct = logDirichletMultinomialE([940, 35, 25], [0.95, 0.03, 0.02], 100);
  expect(logDirichletMultinomialE([25, 940, 35], [2, 95, 3], 100)).toBeCloseTo(direct, 10);
});
