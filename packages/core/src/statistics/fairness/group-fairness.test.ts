import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addBinaryCase, NO_BINARY_CASES } from '../../../tests/support/statistics/binary-cases.ts';
import type { BinaryTable } from '../metrics/binary-table.ts';
import { logNormalCdf } from '../normal.ts';
import { seededRandom } from '../seeded-random.ts';
import { equalSharesP } from './equal-shares.ts';
import { groupFairness } from './group-fairness.ts';

interface Vectors {
  readonly fairness: readonly {
    readonly name: string;
    readonly input: { readonly y: readonly number[]; readonly yhat: readonly number[]; readonly group: readonly string[] };
    readonly expected: Readonly<Record<string, number | null>> & {
      readonly by_group: Readonly<Record<string, Readonly<Record<'n' | 'selection_rate' | 'tpr' | 'fpr', number | null>>>>;
    };
  }[];
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../tests/support/vectors/monitoring-metrics.json', import.meta.url), 'utf8'),
) as Vectors;

const tables = (cases: readonly (readonly [group: string, actual: boolean, predicted: boolean])[]): Map<string, BinaryTable> => {
  const groups = new Map<string, BinaryTable>();
  for (const [group, actual, predicted] of cases)
    groups.set(group, addBinaryCase(groups.get(group) ?? NO_BINARY_CASES, actual, predicted));
  return groups;
};

const near = (expected: number | null | undefined) => (actual: number | null | undefined) =>
  typeof expected === 'number' ? Math.abs((actual ?? NaN) - expected) <= 1e-9 : actual === null;

/** A table in which so many are predicted positive, all of them wrongly or rightly. */
const selecting = (selected: number, units: number): BinaryTable => ({
  ...NO_BINARY_CASES,
  truePositives: selected,
  trueNegatives: units - selected,
});

describe.each(vectors.fairness)('fairlearn 0.10: $name', ({ input: { y, yhat, group }, expected }) => {
  const groups = tables(y.map((actual, index) => [group[index] ?? '', actual === 1, yhat[index] === 1] as const));
  const fairness = groupFairness(groups, { minUnits: 1 });

  test('by group', () => {
    for (const [name, rates] of Object.entries(expected.by_group)) {
      expect(fairness.selection.shares.get(name)).toSatisfy(near(rates.selection_rate));
      expect(fairness.truePositives.shares.get(name)).toSatisfy(near(rates.tpr));
      expect(fairness.falsePositives.shares.get(name)).toSatisfy(near(rates.fpr));
    }
  });
  test('between groups', () => {
    expect(fairness.selection.difference).toSatisfy(near(expected['demographic_parity_difference']));
    expect(fairness.selection.ratio).toSatisfy(near(expected['disparate_impact_ratio']));
    expect(fairness.truePositives.difference).toSatisfy(near(expected['tpr_difference']));
    expect(fairness.falsePositives.difference).toSatisfy(near(expected['fpr_difference']));
    expect(fairness.equalizedOddsDifference).toSatisfy(near(expected['equalized_odds_difference']));
  });
});

test('a breach needs a ratio below four fifths and a difference beyond chance', () => {
  const breach = (a: number, b: number, units: number): boolean | null =>
    groupFairness(
      new Map([
        ['a', selecting(a, units)],
        ['b', selecting(b, units)],
      ]),
    ).selection.breach;
  expect(breach(30, 60, 100)).toBe(true);
  expect(breach(8, 12, 100)).toBe(false);
  expect(breach(8000, 9000, 10_000)).toBe(false);
  expect(breach(0, 0, 100)).toBeNull();
});

test('small groups are shown, not compared; one group has nothing to be compared with', () => {
  const groups = new Map([
    ['a', selecting(50, 100)],
    ['b', selecting(10, 100)],
    ['c', selecting(0, 29)],
  ]);
  const { selection, tooSmall } = groupFairness(groups);
  expect([selection.lowest, selection.highest, tooSmall]).toEqual(['b', 'a', ['c']]);
  expect(selection.shares.get('c')).toBe(0);
  const alone = groupFairness(new Map([['a', selecting(50, 100)]]));
  expect(alone.selection).toMatchObject({ lowest: null, difference: null, ratio: null, p: null, breach: null });
  expect(groupFairness(new Map()).equalizedOddsDifference).toBeNull();
});

test('groups picked for being furthest apart pay for the choice', () => {
  const pair = [selecting(30, 100), selecting(45, 100)] as const;
  const two =
    groupFairness(
      new Map([
        ['a', pair[0]],
        ['b', pair[1]],
      ]),
    ).selection.p ?? NaN;
  const three =
    groupFairness(
      new Map([
        ['a', pair[0]],
        ['b', pair[1]],
        ['c', selecting(40, 100)],
      ]),
    ).selection.p ?? NaN;
  expect(three).toBeCloseTo(3 * two, 12);
});

test('bad input is named', () => {
  expect(() => groupFairness(new Map([['a', selecting(5, 3)]]))).toThrow('a.trueNegatives');
  expect(() => groupFairness(new Map(), { minRatio: 1.2 })).toThrow('minRatio');
  expect(() => groupFairness(new Map(), { minUnits: 0 })).toThrow('minUnits');
});

test('equal shares: Fisher where counts are small, Pearson above', () => {
  // The lady tasting tea: 3 of 4 against 1 of 4. P = (1 + 16 + 16 + 1)/70
  expect(equalSharesP({ events: 3, units: 4 }, { events: 1, units: 4 })).toBeCloseTo(34 / 70, 12);
  expect(equalSharesP({ events: 4, units: 4 }, { events: 0, units: 4 })).toBeCloseTo(2 / 70, 12);
  expect(equalSharesP({ events: 1, units: 4 }, { events: 300_000, units: 1_000_000 })).toBeGreaterThan(0.5);
  // χ² = 200 (30·40 − 70·60)²/(100·100·90·110)
  const square = (200 * (30 * 40 - 70 * 60) ** 2) / (100 * 100 * 90 * 110);
  expect(equalSharesP({ events: 30, units: 100 }, { events: 60, units: 100 })).toBeCloseTo(
    2 * Math.exp(logNormalCdf(-Math.sqrt(square))),
    12,
  );
  expect(equalSharesP({ events: 0, units: 9 }, { events: 0, units: 3 })).toBe(1);
});

test('G17 shares of billions of units are compared as fast as those of a hundred', () => {
  // Such a table follows a Poisson law of mean 4, to some eight digits.
  expect(equalSharesP({ events: 10, units: 1e9 }, { events: 36e6, units: 9e15 - 1e9 })).toBeCloseTo(0.008132243, 7);
  expect(equalSharesP({ events: 0, units: 1e9 }, { events: 36e6, units: 9e15 - 1e9 })).toBeCloseTo(0.039679073, 7);
  expect(equalSharesP({ events: 1e9 - 3, units: 1e9 }, { events: 2e9, units: 2e9 })).toBeCloseTo(1 / 27, 8);
  const table = (positives: number, units: number) => ({
    truePositives: positives,
    falsePositives: 0,
    falseNegatives: 0,
    trueNegatives: units - positives,
  });
  const { selection } = groupFairness(
    new Map([
      ['a', table(10, 1e9)],
      ['b', table(36e6, 8e15)],
    ]),
  );
  expect(selection.p).toBeLessThan(0.05);
});

test('fair groups rarely breach, where the plain four-fifths rule mostly does', () => {
  const random = seededRandom(5);
  const draw = (): number => Array.from({ length: 100 }, random).filter((value) => value < 0.1).length;
  let [breaches, broken] = [0, 0];
  for (let run = 0; run < 1000; run++) {
    const { selection } = groupFairness(
      new Map([
        ['a', selecting(draw(), 100)],
        ['b', selecting(draw(), 100)],
      ]),
    );
    breaches += Number(selection.breach);
    broken += Number((selection.ratio ?? 1) < 0.8);
  }
  expect(broken / 1000).toBeGreaterThan(0.55);
  // 5.2 % over 40,000 runs.
  expect(breaches / 1000).toBeLessThan(0.075);
});

test('G17 counts far over 1e9 are compared at once, exactly where few are expected', () => {
  const table = (selected: number, units: number): BinaryTable => ({
    truePositives: selected,
    falsePositives: 0,
    falseNegatives: 0,
    trueNegatives: units - selected,
  });
  const compared = (a: BinaryTable, b: BinaryTable) =>
    groupFairness(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    ).selection;
  // Two events among 1e9 where four are expected: Poisson, P(≤ 2) = 0.2381, and as much again above.
  expect(compared(table(2, 1e9), table(4e6 - 2, 1e15 - 1e9)).p).toBeCloseTo(0.4529, 3);
  expect(compared(table(0, 1e9), table(4e6, 1e15)).p).toBeCloseTo(0.0397, 3);
  // The complement says the same.
  expect(compared(table(1e9 - 2, 1e9), table(1e15 - 1e9 - 4e6 + 2, 1e15 - 1e9)).p).toBeCloseTo(0.4529, 3);
});
