import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logBoundedDifferenceE } from './bounded-difference.ts';
import { logMeanExp } from './log-mean-exp.ts';
import { logLowerBoundedMeanE, shiftedSums } from './lower-bounded-mean.ts';
import { seededRandom } from './seeded-random.ts';
import { addToRunningMoments, NO_RUNNING_MOMENTS, type RunningMoments } from './sketches/moments.ts';

fc.configureGlobal({ seed: 1 });

const momentsOf = (values: readonly number[]): RunningMoments => values.reduce(addToRunningMoments, NO_RUNNING_MOMENTS);
const value = fc.double({ min: 0, max: 1, noNaN: true });
const STAKES = Array.from({ length: 8 }, (_, k) => 0.64 * 2 ** -k);

describe('the bets on a mean', () => {
  test('never win more than those that see each value, and nearly as much', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 2, noNaN: true }), { maxLength: 50 }), (values) => {
        const log = logLowerBoundedMeanE([{ sums: shiftedSums(momentsOf(values), 1, 0), bound: 1 }]);
        const seen = logMeanExp(STAKES.map((stake) => values.reduce((sum, x) => sum + Math.log1p(stake * x), 0)));
        expect(log).toBeLessThanOrEqual(seen + 1e-9);
        const small = values.map((x) => x / 4);
        const near = logLowerBoundedMeanE([{ sums: shiftedSums(momentsOf(small), 1, 0), bound: 1 }]);
        const exact = logMeanExp(STAKES.map((stake) => small.reduce((sum, x) => sum + Math.log1p(stake * x), 0)));
        expect(exact - near).toBeLessThan(0.01 * values.length + 1e-9);
      }),
    );
  });

  test('are exact at the largest loss', () => {
    const log = logLowerBoundedMeanE([{ sums: shiftedSums(momentsOf([-2]), 1, 0), bound: 2 }]);
    expect(log).toBeCloseTo(logMeanExp(STAKES.map((stake) => Math.log1p(-stake))), 12);
  });

  test('expect at most 1 of any two values of mean 0', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.integer({ min: 1, max: 12 }), (p, n) => {
        // −1 with probability p, else p/(1 − p): all outcomes of n of them.
        let expectation = 0;
        for (let bits = 0; bits < 2 ** n; bits++) {
          const values = Array.from({ length: n }, (_, index) => ((bits >> index) & 1 ? -1 : p / (1 - p)));
          const chance = values.reduce((product, x) => product * (x < 0 ? p : 1 - p), 1);
          expectation += chance * Math.exp(logLowerBoundedMeanE([{ sums: shiftedSums(momentsOf(values), 1, 0), bound: 1 }]));
        }
        expect(expectation).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 40 },
    );
  });

  test('power sums are those of each value, scaled and shifted', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), fc.integer({ min: -9, max: 9 }), (values, scale) => {
        const sums = shiftedSums(momentsOf(values), scale, 0.3);
        for (const [index, sum] of sums.entries())
          expect(sum / 10 ** (index + 1)).toBeCloseTo(
            values.reduce((all, x) => all + ((scale * x + 0.3) / 10) ** (index + 1), 0),
            10,
          );
      }),
    );
  });

  test('bad sums are named', () => {
    expect(() => logLowerBoundedMeanE([{ sums: [1, 1, NaN, 1], bound: 1 }])).toThrow('sums');
    expect(() => logLowerBoundedMeanE([{ sums: [1, 1, 1, 1], bound: 0 }])).toThrow('bound');
  });
});

describe('the bets on a difference', () => {
  const cell = (probability: number, champion: readonly number[], challenger: readonly number[]) => ({
    probability,
    champion: momentsOf(champion),
    challenger: momentsOf(challenger),
  });

  test('nothing is known without a value', () => {
    expect(logBoundedDifferenceE([], 0)).toBe(0);
    expect(logBoundedDifferenceE([cell(0.5, [], [])], 0)).toBe(0);
  });

  test('are the same for a champion that is a challenger of the other probability', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 30 }), fc.array(value, { maxLength: 30 }), (a, b) => {
        const mirror = (values: readonly number[]): number[] => values.map((x) => 1 - x);
        expect(logBoundedDifferenceE([cell(0.2, a, b)], -0.1)).toBeCloseTo(
          logBoundedDifferenceE([cell(0.8, mirror(b), mirror(a))], -0.1),
          9,
        );
      }),
    );
  });

  test('a better challenger is found, a worse one is not taken for better', () => {
    const random = seededRandom(3);
    const draws = (mean: number, count: number): number[] => Array.from({ length: count }, () => (random() < mean ? 1 : 0));
    const cells = [cell(0.25, draws(0.5, 1500), draws(0.65, 500)), cell(0.5, draws(0.5, 500), draws(0.65, 500))];
    expect(logBoundedDifferenceE(cells, 0)).toBeGreaterThan(Math.log(1000));
    expect(logBoundedDifferenceE(cells, 0.3)).toBeLessThan(0);
    expect(logBoundedDifferenceE([cell(0.25, draws(0.65, 1500), draws(0.5, 500))], 0)).toBeLessThan(0);
  });

  test('values that are missing at random on one arm move it little', () => {
    const random = seededRandom(4);
    const draws = (count: number): number[] => Array.from({ length: count }, () => (random() < 0.9 ? 1 : 0));
    // A third of the challenger's values never came, with 20,000 units at equal shares.
    const log = logBoundedDifferenceE([cell(0.5, draws(10_000), draws(6667))], 0);
    expect(Math.abs(log)).toBeLessThan(3);
  });

  test('bad moments are named', () => {
    const bad = (changes: object) => [{ ...cell(0.5, [0.5], [0.5]), challenger: { ...momentsOf([0.5]), ...changes } }];
    expect(() => logBoundedDifferenceE(bad({ count: 0.5 }), 0)).toThrow('count');
    expect(() => logBoundedDifferenceE(bad({ mean: 2 }), 0)).toThrow('mean');
    expect(() => logBoundedDifferenceE([cell(1, [], [])], 0)).toThrow('probability');
    expect(() => logBoundedDifferenceE([], 1)).toThrow('difference');
  });
});
