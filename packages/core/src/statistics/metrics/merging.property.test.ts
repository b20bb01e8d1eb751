import fc from 'fast-check';
import { expect, test } from 'vitest';
import { auc } from './auc.ts';
import { addBinaryCase, mergeBinaryTables, NO_BINARY_CASES } from './binary-table.ts';
import { addBinnedScore, binnedAuc, emptyScoreBins, mergeScoreBins, type ScoreBins } from './binned-auc.ts';
import { addReliability, emptyReliability, mergeReliability, type ReliabilityTable } from './calibration.ts';
import { addEstimated, emptyEstimation, type EstimationSums, mergeEstimations } from './confidence-based-estimation.ts';
import { ConfusionTable } from './confusion-table.ts';
import { addProbability, mergeProbabilitySums, NO_PROBABILITIES } from './probability-scores.ts';
import { addRanking, mergeRankings, NO_RANKINGS } from './ranking.ts';
import { addRegression, mergeRegressionSums, NO_REGRESSION_SUMS } from './regression-sums.ts';

fc.configureGlobal({ seed: 1 });

interface Item {
  readonly p: number;
  readonly actual: boolean;
  readonly target: number;
  readonly label: string;
  readonly ranks: readonly number[];
}
const item = fc.record({
  p: fc.double({ min: 0, max: 1, noNaN: true }),
  actual: fc.boolean(),
  target: fc.integer({ min: -5, max: 5 }),
  label: fc.constantFrom('a', 'b', 'c'),
  ranks: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }),
});

const binned = (items: readonly Item[], bins = 20): ScoreBins => {
  const state = emptyScoreBins(bins);
  for (const { p, actual } of items) addBinnedScore(state, p, actual);
  return state;
};
const reliability = (items: readonly Item[]): ReliabilityTable => {
  const state = emptyReliability();
  for (const { p, actual } of items) addReliability(state, p, actual);
  return state;
};
const estimation = (items: readonly Item[]): EstimationSums =>
  items.reduce((sums, { p, actual }) => addEstimated(sums, p, actual), emptyEstimation(20));
const confusion = (items: readonly Item[]): ConfusionTable => {
  const table = new ConfusionTable();
  for (const { label, actual } of items) table.add(label, actual ? 'a' : 'b');
  return table;
};

/** Whether two plain values hold the same numbers, but for the rounding of sums. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number') return typeof b === 'number' && Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
  const [left, right] = [Object.values(Object(a)), Object.values(Object(b))];
  return left.length === right.length && left.every((value, index) => same(value, right[index]));
}

const STATES: readonly (readonly [string, (parts: readonly (readonly Item[])[]) => unknown])[] = [
  [
    'binary table',
    (parts) =>
      fold(parts, mergeBinaryTables, (items) =>
        items.reduce((s, { actual, p }) => addBinaryCase(s, actual, p > 0.5), NO_BINARY_CASES),
      ),
  ],
  [
    'probabilities',
    (parts) =>
      fold(parts, mergeProbabilitySums, (items) =>
        items.reduce((s, { actual, p }) => addProbability(s, p, actual), NO_PROBABILITIES),
      ),
  ],
  [
    'regression',
    (parts) =>
      fold(parts, mergeRegressionSums, (items) =>
        items.reduce((s, { target, p }) => addRegression(s, target, p), NO_REGRESSION_SUMS),
      ),
  ],
  [
    'rankings',
    (parts) => fold(parts, mergeRankings, (items) => items.reduce((s, { ranks }) => addRanking(s, ranks, 3), NO_RANKINGS)),
  ],
  ['score bins', (parts) => fold(parts, mergeScoreBins, binned)],
  ['reliability', (parts) => fold(parts, mergeReliability, reliability)],
  ['estimation', (parts) => fold(parts, mergeEstimations, estimation)],
];

function fold<S>(parts: readonly (readonly Item[])[], merge: (a: S, b: S) => S, of: (items: readonly Item[]) => S): S {
  return parts.map((items) => of(items)).reduce(merge);
}

test.each(STATES)('%s: merged parts are the union', (_, of) => {
  fc.assert(
    fc.property(fc.array(item), fc.array(item), fc.array(item), (a, b, c) => {
      expect(same(of([a, b, c]), of([[...c, ...a, ...b]]))).toBe(true);
    }),
  );
});

test('confusion table: merged parts are the union', () => {
  fc.assert(
    fc.property(fc.array(item), fc.array(item), (a, b) => {
      const merged = confusion(a);
      merged.merge(confusion(b).toJSON());
      const labels = ['a', 'b', 'c'];
      expect(merged.matrix(labels)).toEqual(confusion([...b, ...a]).matrix(labels));
    }),
  );
});

test('the binned area differs from the exact one by its stated error at most', () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 2, maxLength: 60 }), fc.integer({ min: 1, max: 30 }), (items, bins) => {
      const exact = auc(
        items.map(({ p }) => p),
        items.map(({ actual }) => actual),
      );
      const area = binnedAuc(binned(items, bins));
      expect(area === null).toBe(exact === null);
      expect(Math.abs((area?.auc ?? 0) - (exact ?? 0))).toBeLessThanOrEqual((area?.error ?? 0) + 1e-12);
    }),
  );
});

test('bins that differ do not merge, and a score outside is refused', () => {
  expect(() => mergeScoreBins(emptyScoreBins(10), emptyScoreBins(20))).toThrow('bins.length');
  expect(() => emptyReliability(2.5)).toThrow('bins');
  expect(() => addBinnedScore(emptyScoreBins(), NaN, true)).toThrow('score');
  expect(() => addReliability(emptyReliability(), 1.01, true)).toThrow('probability');
});
