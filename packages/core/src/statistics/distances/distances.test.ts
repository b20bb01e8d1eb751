import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chiSquareQuantile } from './chi-square-quantile.ts';
import { chiSquareTwoSampleTest } from './chi-square-test.ts';
import { hellingerDistance, jensenShannonDistance, jensenShannonDivergence, kullbackLeibler } from './divergence.ts';
import { energyDistance } from './energy.ts';
import { fisherExactP } from './fisher-exact.ts';
import { gTest } from './g-test.ts';
import { kolmogorovFiniteTail } from './kolmogorov-law.ts';
import { kolmogorovSmirnovTest, kolmogorovUpperTail } from './kolmogorov-smirnov.ts';
import { lInfinityDistance } from './l-infinity.ts';
import { seededRandom } from '../seeded-random.ts';
import { psiInterval, psiNoise, psiOfCounts, psiOfShares } from './psi.ts';
import { totalVariation } from './total-variation.ts';
import { wassersteinDistance, wassersteinOfBins } from './wasserstein.ts';

const weights = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat({ max: 50 }), { minLength: length, maxLength: length }).filter((list) => list.some((weight) => weight > 0));
const pair = fc.integer({ min: 1, max: 8 }).chain((length) => fc.tuple(weights(length), weights(length)));
const sample = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 12 });

test('distances of shares are symmetric, from 0 for equal ones to 1 for disjoint ones', () => {
  fc.assert(
    fc.property(pair, ([p, q]) => {
      for (const distance of [jensenShannonDistance, hellingerDistance, lInfinityDistance, totalVariation]) {
        expect(distance(p, q)).toBeCloseTo(distance(q, p), 12);
        expect(distance(p, q)).toBeGreaterThanOrEqual(0);
        expect(distance(p, q)).toBeLessThanOrEqual(1);
        expect(
          distance(
            p,
            p.map((weight) => 3 * weight),
          ),
        ).toBeLessThan(1e-7);
        expect(distance([1, 0], [0, 1])).toBe(1);
      }
      expect(psiOfCounts(p, q)).toBeCloseTo(psiOfCounts(q, p), 12);
      expect(psiOfCounts(p, p)).toBe(0);
    }),
  );
});

test('binned values move as far as the values do', () => {
  fc.assert(
    fc.property(sample, sample, (x, y) => {
      const positions = Array.from({ length: 11 }, (_, index) => index - 5);
      const counts = (values: readonly number[]): number[] =>
        positions.map((at) => values.filter((value) => value === at).length);
      const distance = wassersteinDistance(x, y);
      expect(wassersteinOfBins(counts(x), counts(y), positions)).toBeCloseTo(distance, 9);
      expect(wassersteinDistance(y, x)).toBeCloseTo(distance, 9);
      expect(
        wassersteinDistance(
          x,
          x.map((value) => value + 2),
        ),
      ).toBeCloseTo(2, 9);
    }),
  );
});

test('the exact law counts the orders in which the distance is as large', () => {
  // Two of the 20 orders of 3 and 3 values keep them apart, and 6 more reach 2/3: see the tables of P. Kim and R. Jennrich (1970).
  expect(kolmogorovSmirnovTest([1, 2, 3], [4, 5, 6]).p).toBeCloseTo(2 / 20, 12);
  expect(kolmogorovSmirnovTest([1, 2, 4], [3, 5, 6]).p).toBeCloseTo(12 / 20, 12);
  expect(kolmogorovSmirnovTest([1, 1], [1, 1])).toEqual({ statistic: 0, location: 1, p: 1, method: 'exact' });
});

test('large samples take the asymptotic law, which is near the exact one', () => {
  const x = Array.from({ length: 1001 }, (_, index) => index);
  const y = x.map((value) => value + 50.5);
  const { method, p } = kolmogorovSmirnovTest(x, y);
  expect(method).toBe('stephens');
  const exact = kolmogorovSmirnovTest(x, y, 'exact');
  expect(exact.p).toBeGreaterThan(0.1);
  expect(Math.abs(p / exact.p - 1)).toBeLessThan(0.05);
});

test('both series of the law of the limit agree where they meet', () => {
  expect(kolmogorovUpperTail(1 - 1e-13)).toBeCloseTo(kolmogorovUpperTail(1), 12);
});

test('the law of a finite sample, near the law of the limit and far out in the tail', () => {
  // One value: below 1 − d or above d. Two: both below 1 − d or both above d.
  expect(kolmogorovFiniteTail(0.7, 1)).toBeCloseTo(0.6, 12);
  expect(kolmogorovFiniteTail(0.75, 2)).toBeCloseTo(2 * 0.25 ** 2, 12);
  expect(kolmogorovFiniteTail(0.05, 10)).toBe(1);
  expect(kolmogorovFiniteTail(1, 4)).toBe(0);
  expect(Math.abs(kolmogorovFiniteTail(0.05, 1000) / kolmogorovUpperTail(0.05 * Math.sqrt(1000)) - 1)).toBeLessThan(0.05);
  // SciPy 1.17, kstwo.sf
  for (const [distance, count, p] of [
    [0.2, 10, 0.7487190399999999],
    [0.1, 100, 0.2526927570063874],
    [0.6, 140, 1.0052268370224967e-48],
  ] as const) {
    expect(kolmogorovFiniteTail(distance, count) / p).toBeCloseTo(1, 11);
  }
});

test('the energy distance is the mean distance of pairs, across less within', () => {
  const apart = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, a) => sum + y.reduce((row, b) => row + Math.abs(a - b), 0), 0) / (x.length * y.length);
  fc.assert(
    fc.property(sample, sample, (x, y) => {
      expect(energyDistance(x, y) ** 2).toBeCloseTo(2 * apart(x, y) - apart(x, x) - apart(y, y), 9);
    }),
  );
});

test('Fisher tastes tea: all tables of 8 cups', () => {
  // R. Fisher, The Design of Experiments (1935): 1, 16, 36, 16 and 1 of 70 choices.
  expect(fisherExactP([4, 0], [0, 4])).toBeCloseTo(2 / 70, 12);
  expect(fisherExactP([3, 1], [1, 3])).toBeCloseTo(34 / 70, 12);
  expect(fisherExactP([2, 2], [2, 2])).toBe(1);
  expect(fisherExactP([5, 0], [9, 0])).toBe(1);
  const few = fc.nat({ max: 30 });
  fc.assert(
    fc.property(fc.tuple(few, few, few, few), ([a, b, c, d]) => {
      fc.pre(a + b > 0 && c + d > 0);
      const p = fisherExactP([a, b], [c, d]);
      expect(fisherExactP([d, c], [b, a])).toBeCloseTo(p, 12);
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThanOrEqual(1);
    }),
  );
  // Near the test of the limit, in a table whose chances would overflow as factorials.
  const [x, y] = [
    [50_000, 50_000],
    [50_300, 49_700],
  ] as const;
  expect(Math.abs(fisherExactP(x, y) / chiSquareTwoSampleTest(x, y, { continuity: true }).p - 1)).toBeLessThan(0.001);
});

test('the G-test is near the chi-square test where counts are large and near, and 0 for equal shares', () => {
  const [x, y] = [
    [1000, 2000, 3000],
    [1050, 1980, 2970],
  ];
  expect(Math.abs(gTest(x, y).statistic / chiSquareTwoSampleTest(x, y).statistic - 1)).toBeLessThan(0.01);
  expect(gTest([1, 2, 0, 3], [2, 4, 0, 6])).toEqual({ statistic: 0, degrees: 2, p: 1 });
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
    ['reference.length', () => psiOfShares([], [])],
    ['reference[0]', () => psiOfShares([NaN], [1])],
    ['epsilon', () => psiOfShares([1], [1], 0)],
    ['bins - 1', () => psiNoise(1, 10, 10)],
    ['referenceCount', () => psiNoise(10, 0, 10)],
    ['tail', () => psiNoise(10, 10, 10, 1)],
    ['reference[0]', () => kullbackLeibler([-1, 2], [1, 1])],
    ['current[1]', () => jensenShannonDivergence([1, 2], [1, Infinity])],
    ['sum of current', () => lInfinityDistance([1], [0])],
    ['current[0]', () => chiSquareTwoSampleTest([1], [0.5])],
    ['current.length', () => wassersteinDistance([1], [])],
    ['reference[0]', () => wassersteinDistance([NaN], [1])],
    ['positions[1]', () => wassersteinOfBins([1, 1], [1, 1], [2, 2])],
    ['positions.length', () => wassersteinOfBins([1, 1], [1, 1], [2])],
    ['current[1]', () => kolmogorovSmirnovTest([1], [1, Infinity])],
    ['distance', () => kolmogorovFiniteTail(1.1, 5)],
    ['count', () => kolmogorovFiniteTail(0.5, 0)],
    ['count', () => kolmogorovFiniteTail(0.5, 1.5)],
    ['reference.length', () => energyDistance([], [1])],
    ['current[0]', () => totalVariation([1], [-1])],
    ['sum of current', () => gTest([1, 2], [0, 0])],
    ['reference.length', () => fisherExactP([1, 2, 3], [1, 2])],
    ['current.length', () => fisherExactP([1, 2], [1])],
    ['sum of reference', () => fisherExactP([0, 0], [1, 2])],
    ['lambda', () => kolmogorovUpperTail(-1)],
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
