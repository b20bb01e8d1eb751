import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc } from '../../tests/support/statistics/auc.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { aucOfRanks } from './rank-auc.ts';
import { RankWindow } from './rank-window.ts';

type Case = readonly [score: number, truth: number];

const windowOf = (cases: readonly Case[], size = 1000): RankWindow => {
  const window = new RankWindow(size);
  for (const [score, truth] of cases) window.add(score, truth);
  return window;
};
const estimateOf = (cases: readonly Case[]) => aucOfRanks(windowOf(cases).bins(), 0.05);
const exactOf = (cases: readonly Case[]): number | null =>
  auc(
    cases.map(([score]) => score),
    cases.map(([, truth]) => truth === 1),
  );

it('G5 is the area of the scores themselves, inside of its interval (property)', () => {
  const scored = fc.tuple(
    fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 1)),
    fc.constantFrom(0, 1),
  );
  fc.assert(
    fc.property(fc.array(scored, { maxLength: 60 }), (cases) => {
      const [exact, estimate] = [exactOf(cases), estimateOf(cases)];
      expect(estimate === null).toBe(exact === null);
      if (exact === null) return;
      expect(estimate?.value).toBeCloseTo(exact, 10);
      expect(estimate?.lower).toBeLessThanOrEqual(exact + 1e-12);
      expect(estimate?.upper).toBeGreaterThanOrEqual(exact - 1e-12);
      expect((estimate?.lower ?? -1) >= 0 && (estimate?.upper ?? 2) <= 1).toBe(true);
    }),
  );
});

it('has an interval as Hanley and McNeil tell it: 50 of each, area 0.8', () => {
  const cases = [
    ...Array.from({ length: 30 }, () => [0.99, 1] as const),
    ...Array.from({ length: 20 }, () => [0.5, 1] as const),
    ...Array.from({ length: 50 }, () => [0.5, 0] as const),
  ];
  const { value = 0, lower = 0, upper = 0 } = estimateOf(cases) ?? {};
  expect(value).toBeCloseTo(0.8, 12);
  const [q1, q2] = [0.8 / 1.2, (2 * 0.64) / 1.8];
  const error = Math.sqrt((0.8 * 0.2 + 49 * (q1 - 0.64) + 49 * (q2 - 0.64)) / 2500);
  expect([lower, upper]).toEqual([expect.closeTo(0.8 - 1.959964 * error, 6), expect.closeTo(0.8 + 1.959964 * error, 6)]);
});

/** Strictly increasing maps of [0, 1] into itself that squeeze scores together, tear them apart, or both. */
const MAPS: readonly (readonly [string, (score: number, by: number) => number])[] = [
  ['narrow', (score, by) => 0.5 + score * 10 ** -by],
  ['tiny', (score, by) => score * 10 ** (-10 * by)],
  ['close to 1', (score, by) => 1 - (1 - score) * 10 ** -by],
  ['a power', (score, by) => score ** (1 + by)],
  ['a root', (score, by) => score ** (1 / (1 + by))],
  ['logistic', (score, by) => 1 / (1 + Math.exp(-by * (score - 0.5)))],
  ['squeezed in the middle', (score, by) => (score < 0.5 ? score / 10 ** by : 1 - (1 - score) / 10 ** by)],
];
const mapped = fc.tuple(fc.constantFrom(...MAPS), fc.double({ min: 0, max: 6, noNaN: true }), fc.integer({ min: 1, max: 99 }));

/** Scores by a model whose area is between a guess and nearly right; ties where they are rounded. */
function scoresOf(seed: number, count: number, positives: number): Case[] {
  const random = seededRandom(seed);
  const skill = random() * 4;
  return Array.from({ length: count }, () => {
    const truth = Number(random() * 100 < positives);
    const score = random() ** (1 + skill * (1 - truth));
    return [seed % 3 === 0 ? Math.round(score * 20) / 20 : score, truth];
  });
}

describe('G5 any monotone transform of the scores', () => {
  it('G5 leaves the area as it is, in one process (property)', () => {
    fc.assert(
      fc.property(mapped, fc.integer({ min: 1, max: 1e6 }), ([[, map], by, positives], seed) => {
        const cases = scoresOf(seed, 1000, positives);
        const estimate = estimateOf(cases.map(([score, truth]) => [map(score, by), truth]));
        const exact = exactOf(cases.map(([score, truth]) => [map(score, by), truth]));
        expect(estimate?.value ?? null).toEqual(exact === null ? null : expect.closeTo(exact, 9));
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('G5 moves it by 0.005 at most where processes tell each other their quantiles (property)', () => {
    let worst = 0;
    fc.assert(
      fc.property(
        mapped,
        fc.integer({ min: 1, max: 1e6 }),
        fc.constantFrom(2, 5, 20),
        ([[, map], by, positives], seed, processes) => {
          const parts = Array.from({ length: processes }, (_, at) =>
            scoresOf(seed, 1000 + at, positives).map(([score, truth]): Case => [map(score, by), truth]),
          );
          const windows = parts.map((cases) => windowOf(cases));
          const told = windows.map((window) => ({ counters: window.counters('ranks') }));
          windows[0]?.merge(told.slice(1), 'ranks');
          expect(Object.keys(told[0]?.counters ?? {}).length).toBeLessThanOrEqual(500);
          const exact = exactOf(parts.flatMap((cases) => cases.slice(-1000)));
          const estimate = aucOfRanks(windows[0]?.bins() ?? [], 0.05);
          expect(estimate === null).toBe(exact === null);
          worst = Math.max(worst, Math.abs((estimate?.value ?? 0) - (exact ?? 0)));
          expect(worst).toBeLessThanOrEqual(0.005);
        },
      ),
      { seed: 7, numRuns: 60 },
    );
    expect(worst).toBeGreaterThan(0);
  });
});

it('keeps the newest cases alone, and no more than 10,000', () => {
  const bins = windowOf(
    Array.from({ length: 30 }, (_, at) => [at, 0]),
    20,
  ).bins();
  expect(bins.map(({ score }) => score)).toEqual(Array.from({ length: 20 }, (_, at) => at + 10));
  const many = windowOf(
    Array.from({ length: 10_500 }, (_, at) => [at, 0]),
    1e6,
  ).bins();
  expect([many.length, many[0]?.score]).toEqual([10_000, 500]);
});

it('what another process tells that cannot be is left out', () => {
  const window = windowOf([[0.5, 1]]);
  window.merge([{ counters: { 'c0|ranks': -1, 'c1|ranks': 2, 'p1|ranks': 3, 'c2|ranks': Number.NaN } }], 'ranks');
  expect(window.bins()).toHaveLength(1);
});
