import { describe, expect, test } from 'vitest';
import { seededRandom } from '../statistics/seeded-random.ts';
import { thompson } from './thompson.ts';

const problemsOf = (options: Parameters<typeof thompson>[0]): unknown => thompson(options).problems?.map(({ path }) => path);

test('has the defaults that are documented', () => {
  expect(thompson()).toMatchObject({ reward: 'served', everyMs: 60_000, problems: [] });
});

describe('shares', () => {
  const share = (shares: ReadonlyMap<string, number>, name: string): number => shares.get(name) ?? Number.NaN;

  test('of rates follow how often each served', () => {
    const arms = [
      { name: 'v1', count: 1000, sum: 900, sumOfSquares: 900 },
      { name: 'v2', count: 1000, sum: 990, sumOfSquares: 990 },
    ];
    const shares = thompson({ minShare: 0.05 }).allocate(arms, seededRandom(1));
    expect([share(shares, 'v1'), share(shares, 'v2')]).toEqual([expect.closeTo(0.05, 12), expect.closeTo(0.95, 12)]);
    expect(share(thompson().allocate(arms, seededRandom(1)), 'v1')).toBeCloseTo(0.05, 12);
  });

  test('of a KPI follow its mean, which is no rate', () => {
    const arms = [
      { name: 'v1', count: 100, sum: 5000, sumOfSquares: 250_100 },
      { name: 'v2', count: 100, sum: 4000, sumOfSquares: 160_100 },
    ];
    const shares = thompson({ reward: { kpi: 'minutes' }, minShare: 0.1 }).allocate(arms, seededRandom(1));
    expect([share(shares, 'v1'), share(shares, 'v2')]).toEqual([expect.closeTo(0.9, 12), expect.closeTo(0.1, 12)]);
  });
});

test.each([
  [{ everyMs: 0 }, ['everyMs']],
  [{ everyMs: Infinity }, ['everyMs']],
  [{ minShare: 0 }, ['minShare']],
  [{ minShare: 0.5 }, ['minShare']],
  [{ everyMs: Number.NaN, minShare: Number.NaN }, ['everyMs', 'minShare']],
  [{ everyMs: 1, minShare: 0.49 }, []],
])('%j has problems at %j', (options, paths) => {
  expect(problemsOf(options)).toEqual(paths);
});
