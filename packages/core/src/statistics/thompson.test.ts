import { describe, expect, test } from 'vitest';
import { probabilityBetter } from '../../tests/support/statistics/probability-better.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { logNormalCdf } from './normal.ts';
import { drawBeta, drawNormal } from './random-variates.ts';
import { addScore, NO_SCORES } from './score-sums.ts';
import { thompsonScoreShares, thompsonShares } from './thompson.ts';

const rate = (name: string, successes: number, failures: number) => ({ name, successes, failures });
const scores = (name: string, values: readonly number[]) => ({ name, ...values.reduce(addScore, NO_SCORES) });
const total = (shares: ReadonlyMap<string, number>): number => [...shares.values()].reduce((sum, share) => sum + share, 0);

/** Five standard deviations of a share that comes from 40,000 draws. */
const SIMULATION_ERROR = 2.5 / Math.sqrt(40_000);
const options = (seed: number) => ({ draws: 40_000, minShare: 1e-6, random: seededRandom(seed) });

describe('draws', () => {
  const moments = (draw: () => number): readonly [mean: number, variance: number] => {
    const values = Array.from({ length: 40_000 }, draw);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
  };

  test('the normal ones have mean 0 and variance 1', () => {
    const random = seededRandom(1);
    const [mean, variance] = moments(() => drawNormal(random));
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(40_000));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / 40_000));
  });

  test.each([
    [1, 1],
    [1, 20],
    [3, 2],
    [400, 90],
  ])('Beta(%i, %i) has its mean and variance', (a, b) => {
    const random = seededRandom(2);
    const exactMean = a / (a + b);
    const exactVariance = (exactMean * (1 - exactMean)) / (a + b + 1);
    const [mean, variance] = moments(() => drawBeta(a, b, random));
    expect(Math.abs(mean - exactMean)).toBeLessThan(5 * Math.sqrt(exactVariance / 40_000));
    expect(Math.abs(variance / exactVariance - 1)).toBeLessThan(0.1);
  });
});

describe('good and bad outcomes', () => {
  test('two equal arms have about half each', () => {
    const shares = thompsonShares([rate('a', 30, 70), rate('b', 30, 70)], options(3));
    expect(Math.abs((shares.get('a') ?? NaN) - 0.5)).toBeLessThan(SIMULATION_ERROR);
  });

  test.each([
    [10, 90, 15, 85],
    [0, 0, 3, 1],
    [500, 500, 520, 480],
    [2, 40, 0, 5],
  ])('%i of %i against %i of %i: the exact probability of being best', (s0, f0, s1, f1) => {
    const shares = thompsonShares([rate('champion', s0, f0), rate('challenger', s1, f1)], options(4));
    const exact = probabilityBetter({ a: 1 + s0, b: 1 + f0 }, { a: 1 + s1, b: 1 + f1 });
    expect(Math.abs((shares.get('challenger') ?? NaN) - exact)).toBeLessThan(SIMULATION_ERROR);
  });

  test('three arms, of which nothing is known, share alike and in their order', () => {
    const shares = thompsonShares([rate('c', 0, 0), rate('a', 0, 0), rate('b', 0, 0)], options(5));
    expect([...shares.keys()]).toEqual(['c', 'a', 'b']);
    for (const share of shares.values()) expect(Math.abs(share - 1 / 3)).toBeLessThan(SIMULATION_ERROR);
    expect(total(shares)).toBeCloseTo(1, 12);
  });

  test('an arm that has lost keeps the minimum share; the shares sum to 1', () => {
    const arms = [rate('good', 900, 100), rate('bad', 100, 900), rate('worse', 10, 990)];
    const shares = thompsonShares(arms, { random: seededRandom(6), draws: 500, minShare: 0.05 });
    expect(shares.get('bad')).toBe(0.05);
    expect(shares.get('worse')).toBe(0.05);
    expect(total(shares)).toBeCloseTo(1, 12);
    const unset = thompsonShares(arms, { random: seededRandom(6), draws: 500 });
    expect(unset.get('worse')).toBeCloseTo(0.1 / 3, 12);
  });

  test('the same seed gives the same shares', () => {
    const arms = [rate('a', 3, 9), rate('b', 4, 9)];
    const shares = (seed: number) => [...thompsonShares(arms, { random: seededRandom(seed), draws: 200 })];
    expect(shares(7)).toEqual(shares(7));
    expect(shares(7)).not.toEqual(shares(8));
  });

  test('one arm has everything', () => {
    expect([...thompsonShares([rate('only', 0, 5)], options(9))]).toEqual([['only', 1]]);
  });
});

describe('scores', () => {
  const values = (mean: number, count: number, seed: number): readonly number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: count }, () => mean + drawNormal(random));
  };

  test('many scores: the probability that the difference of means is positive', () => {
    const [a, b] = [scores('a', values(5, 400, 1)), scores('b', values(5.05, 300, 2))];
    const shares = thompsonScoreShares([a, b], options(10));
    const [meanA, meanB] = [a.sum / a.count, b.sum / b.count];
    const varianceOfMean = ({ count, sum, sumOfSquares }: typeof a): number =>
      (sumOfSquares / count - (sum / count) ** 2) / count;
    const exact = Math.exp(logNormalCdf((meanB - meanA) / Math.sqrt(varianceOfMean(a) + varianceOfMean(b))));
    // The prior is one score in 300.
    expect(Math.abs((shares.get('b') ?? NaN) - exact)).toBeLessThan(SIMULATION_ERROR + 0.005);
  });

  test('a newcomer between two known arms is tried, and so is one whose few scores happen to be equal', () => {
    const known = [scores('good', values(1, 200, 3)), scores('bad', values(0, 200, 4))];
    const shareOf = (newcomer: readonly number[]): number =>
      thompsonScoreShares([...known, scores('new', newcomer)], options(11)).get('new') ?? NaN;
    expect(shareOf([])).toBeGreaterThan(0.2);
    // Φ(−1.5), as wide as the other arms' scores make it; its own two say that there is no spread.
    expect(shareOf([0.4, 0.4])).toBeGreaterThan(0.05);
    expect(shareOf(values(0, 200, 5))).toBeLessThan(0.001);
  });

  test('no score at all, or all the same one: equal shares', () => {
    for (const known of [[], [7, 7, 7]]) {
      const shares = thompsonScoreShares([scores('a', known), scores('b', known)], { random: seededRandom(12) });
      expect(shares.get('a')).toBeCloseTo(0.5, 12);
    }
  });
});
