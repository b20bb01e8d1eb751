import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chiSquareQuantile } from './chi-square-quantile.ts';
import { chiSquareTwoSampleTest } from './chi-square-test.ts';
import { jensenShannonDistance } from './jensen-shannon.ts';
import { seededRandom } from '../seeded-random.ts';
import { psiInterval, psiOfCounts } from './psi.ts';
import { wassersteinOfBins } from './wasserstein.ts';

const weights = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat({ max: 50 }), { minLength: length, maxLength: length }).filter((list) => list.some((weight) => weight > 0));
const pair = fc.integer({ min: 1, max: 8 }).chain((length) => fc.tuple(weights(length), weights(length)));

test('distances of shares are symmetric, and 0 for equal ones; that of Jensen and Shannon is 1 for disjoint ones', () => {
  fc.assert(
    fc.property(pair, ([p, q]) => {
      const distance = jensenShannonDistance(p, q);
      expect(distance).toBeCloseTo(jensenShannonDistance(q, p), 12);
      expect(distance).toBeGreaterThanOrEqual(0);
      expect(distance).toBeLessThanOrEqual(1);
      const threefold = p.map((weight) => 3 * weight);
      expect(jensenShannonDistance(p, threefold)).toBeLessThan(1e-7);
      expect(psiOfCounts(p, q)).toBeCloseTo(psiOfCounts(q, p), 12);
      expect(psiOfCounts(p, p)).toBe(0);
    }),
  );
  expect(jensenShannonDistance([1, 0], [0, 1])).toBe(1);
});

test('binned values move as far as the values do: the mean distance of values in order, where samples are equally large', () => {
  const positions = Array.from({ length: 11 }, (_, index) => index - 5);
  const counts = (values: readonly number[]): number[] => positions.map((at) => values.filter((value) => value === at).length);
  const value = fc.integer({ min: -5, max: 5 });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 12 }), (pairs) => {
      const x = pairs.map(([a]) => a).toSorted((a, b) => a - b);
      const y = pairs.map(([, b]) => b).toSorted((a, b) => a - b);
      const moved = x.reduce((sum, a, index) => sum + Math.abs(a - (y[index] ?? NaN)), 0) / x.length;
      expect(wassersteinOfBins(counts(x), counts(y), positions)).toBeCloseTo(moved, 9);
      expect(wassersteinOfBins(counts(y), counts(x), positions)).toBeCloseTo(moved, 9);
    }),
  );
});

test('a bin that neither sample has changes no test', () => {
  const without = chiSquareTwoSampleTest([5, 9], [12, 4]);
  expect(chiSquareTwoSampleTest([5, 0, 9], [12, 0, 4])).toEqual(without);
});

test('the χ² quantile is the inverse of its tail', () => {
  expect(chiSquareQuantile(0.05, 1)).toBeCloseTo(3.841458820694124, 9);
  expect(chiSquareQuantile(0.99, 2)).toBeCloseTo(-2 * Math.log(0.99), 12);
  expect(chiSquareQuantile(1e-12, 100)).toBeGreaterThan(230);
});

describe('refuses', () => {
  test.each([
    ['current.length', () => psiOfCounts([1, 2], [1])],
    ['sum of reference', () => psiOfCounts([0, 0], [1, 2])],
    ['sum of current', () => psiOfCounts([1, 2], [0, 0])],
    ['sum of reference', () => psiOfCounts([], [])],
    ['current[1]', () => psiOfCounts([1, 2], [1, 2.5])],
    ['reference[0]', () => jensenShannonDistance([-1, 2], [1, 1])],
    ['current[1]', () => jensenShannonDistance([1, 2], [1, Infinity])],
    ['sum of current', () => jensenShannonDistance([1], [0])],
    ['current[0]', () => chiSquareTwoSampleTest([1], [0.5])],
    ['current.length', () => chiSquareTwoSampleTest([1, 2], [1])],
    ['sum of reference', () => chiSquareTwoSampleTest([0, 0], [1, 1])],
    ['tail', () => chiSquareQuantile(1, 9)],
    ['degrees', () => chiSquareQuantile(0.01, 0)],
    ['positions[1]', () => wassersteinOfBins([1, 1], [1, 1], [2, 2])],
    ['positions.length', () => wassersteinOfBins([1, 1], [1, 1], [2])],
  ])('%s', (field, call) => {
    expect(call).toThrow(field);
  });
});

test('the interval of an index has the true one in about 95 % of samples', () => {
  const p = Array.from({ length: 10 }, () => 0.1);
  const q = p.map((share, bin) => share * (0.6 + 0.8 * (bin / 9)));
  const truth = p.reduce((sum, share, bin) => sum + ((q[bin] ?? 0) - share) * Math.log((q[bin] ?? 0) / share), 0);
  const random = seededRandom(1);
  const drawn = (shares: readonly number[], n: number): number[] => {
    const counts = shares.map(() => 0);
    for (let at = 0; at < n; at++) {
      let left = random();
      const bin = shares.findIndex((share) => (left -= share) < 0);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts;
  };
  let covered = 0;
  for (let round = 0; round < 400; round++) {
    const [lower, upper] = psiInterval(drawn(p, 2000), drawn(q, 1000));
    if (lower <= truth && truth <= upper) covered++;
  }
  expect(covered / 400).toBeGreaterThan(0.92);
  expect(covered / 400).toBeLessThan(0.98);
});
