import { describe, expect, test } from 'vitest';
import { checkedUniform, drawBeta, drawNormal } from './random-variates.ts';
import { seededRandom } from './seeded-random.ts';

const COUNT = 40_000;
function momentsOf(draw: () => number): { readonly mean: number; readonly variance: number } {
  const values = Array.from({ length: COUNT }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / COUNT;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / COUNT };
}

describe('checkedUniform', () => {
  test.each([0, 0.5, 1 - Number.EPSILON / 2])('%d passes', (value) => {
    expect(checkedUniform(() => value)()).toBe(value);
  });

  test.each([1, -1e-9, Number.NaN, Infinity])('%d is refused', (value) => {
    expect(() => checkedUniform(() => value)()).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining('random()') }),
    );
  });
});

test('a normal draw has mean 0 and variance 1, and stays finite at the ends', () => {
  const random = seededRandom(1);
  const { mean, variance } = momentsOf(() => drawNormal(random));
  // Four standard errors: 1/√n of the mean, √(2/n) of the variance.
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(COUNT));
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / COUNT));
  expect([0, 1 - Number.EPSILON / 2].map((end) => Number.isFinite(drawNormal(() => end)))).toEqual([true, true]);
});

test.each([
  [1, 1],
  [1, 9],
  [3, 2],
  [400, 100],
])('a draw from Beta(%d, %d) has its mean and variance', (a, b) => {
  const random = seededRandom(2);
  const { mean, variance } = momentsOf(() => drawBeta(a, b, random));
  const expected = a / (a + b);
  const spread = (expected * (1 - expected)) / (a + b + 1);
  expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(spread / COUNT));
  expect(Math.abs(variance / spread - 1)).toBeLessThan(0.06);
});
