import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wilsonInterval } from '../statistics/proportion-interval.ts';
import { meanInterval, mergeMoments, type Moments, shareInterval } from './moments.ts';

const momentsOf = (values: readonly number[]): Moments => {
  const all = { n: 0, mean: 0, squares: 0 };
  for (const value of values) mergeMoments(all, { n: 1, mean: value, squares: 0 });
  return all;
};

it('one after the other and in two parts are the same as at once (property)', () => {
  const values = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(values, values, (some, others) => {
      const merged = momentsOf(some);
      mergeMoments(merged, momentsOf(others));
      const all = [...some, ...others];
      const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
      expect(merged.n).toBe(all.length);
      expect(merged.mean).toBeCloseTo(mean, 8);
      expect(merged.squares).toBeCloseTo(
        all.reduce((sum, value) => sum + (value - mean) ** 2, 0),
        4,
      );
    }),
  );
});

it("a share has Wilson's interval, as the statistics compute it", () => {
  for (const [successes, n] of [
    [0, 1],
    [1, 1],
    [3, 7],
    [81, 90],
    [90, 90],
    [99_999, 100_000],
  ] as const) {
    const { lower, upper } = wilsonInterval(successes, n, 0.05);
    const [from, to] = shareInterval({ n, mean: successes / n, squares: 0 }) ?? [];
    expect(from).toBeCloseTo(lower, 12);
    expect(to).toBeCloseTo(upper, 12);
  }
});

it('a mean has the normal interval, from 30 values on', () => {
  const values = Array.from({ length: 30 }, (_, index) => index);
  expect(meanInterval(momentsOf(values.slice(1)))).toBeNull();
  // Mean 14.5, standard deviation sqrt(77.5): 1.959964 × 1.607275 to either side.
  const [lower, upper] = meanInterval(momentsOf(values)) ?? [];
  expect(lower).toBeCloseTo(14.5 - 3.150202, 5);
  expect(upper).toBeCloseTo(14.5 + 3.150202, 5);
});
