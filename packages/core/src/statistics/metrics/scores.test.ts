import { describe, expect, test } from 'vitest';
import { auc } from './auc.ts';
import { averagePrecision } from './average-precision.ts';
import { multiclassAuc } from './multiclass-auc.ts';
import { addProbabilities, addProbability, NO_PROBABILITIES, probabilityScores } from './probability-scores.ts';
import { addRanking, NO_RANKINGS, rankingMetrics } from './ranking.ts';
import { addRegression, NO_REGRESSION_SUMS, regressionMetrics } from './regression-sums.ts';

describe('areas', () => {
  test('ties are half, constants know nothing, and no score is no area', () => {
    expect(auc([0.5, 0.5, 0.9], [true, false, false])).toBe(0.25);
    expect(auc([3, 3, 3], [true, false, true])).toBe(0.5);
    expect(averagePrecision([3, 3, 3], [true, false, true])).toBeCloseTo(2 / 3, 12);
    expect([auc([], []), auc([1, 2], [true, true]), averagePrecision([1], [false])]).toEqual([null, null, null]);
    expect(() => auc([1, NaN], [true, false])).toThrow('scores[1]');
    expect(() => auc([1], [])).toThrow('positives.length');
  });
  test('a class that does not occur leaves the area of several classes unknown', () => {
    expect(
      multiclassAuc(
        [
          [0.7, 0.2, 0.1],
          [0.1, 0.8, 0.1],
        ],
        [0, 1],
      ),
    ).toEqual({ oneVersusRest: null, oneVersusOne: null });
    expect(multiclassAuc([], [])).toEqual({ oneVersusRest: null, oneVersusOne: null });
    expect(() => multiclassAuc([[1, 2], [1]], [0, 1])).toThrow('scores[1].length');
  });
});

describe('probabilities', () => {
  test('one wrong certainty costs 36 nats, a right one nothing', () => {
    expect(probabilityScores(addProbability(NO_PROBABILITIES, 0, true))).toEqual({
      logLoss: -Math.log(Number.EPSILON),
      brier: 1,
    });
    expect(probabilityScores(addProbability(NO_PROBABILITIES, 1, true)).logLoss).toBeCloseTo(0, 12);
    expect(probabilityScores(NO_PROBABILITIES)).toEqual({ logLoss: null, brier: null });
  });
  test('what is no distribution is refused', () => {
    expect(() => addProbability(NO_PROBABILITIES, NaN, true)).toThrow('probability');
    expect(() => addProbabilities(NO_PROBABILITIES, [0.9, 0.9], 0)).toThrow('sum of probabilities');
    expect(() => addProbabilities(NO_PROBABILITIES, [0.5, 0.5], 2)).toThrow('probabilities.length - actual');
  });
});

describe('regression', () => {
  test('no case, one case, targets of zero', () => {
    expect(regressionMetrics(NO_REGRESSION_SUMS)).toMatchObject({
      count: 0,
      mae: null,
      rmse: null,
      bias: null,
      mape: null,
      r2: null,
      largestError: null,
    });
    expect(regressionMetrics(addRegression(NO_REGRESSION_SUMS, 2, 1))).toMatchObject({
      mae: 1,
      bias: -1,
      mape: 0.5,
      r2: null,
      zeroTargets: 0,
    });
    expect(regressionMetrics(addRegression(NO_REGRESSION_SUMS, 0, 1))).toMatchObject({ mae: 1, mape: null, zeroTargets: 1 });
    expect(() => addRegression(NO_REGRESSION_SUMS, NaN, 1)).toThrow('target');
  });
  test('targets far from 0 keep the digits of R²', () => {
    const offset = 1e9;
    const sums = [1, 2, 3, 4].reduce((state, y) => addRegression(state, offset + y, offset + y + 0.5), NO_REGRESSION_SUMS);
    expect(regressionMetrics(sums).r2).toBeCloseTo(0.8, 9);
  });
});

describe('ranking', () => {
  test('by hand', () => {
    const metrics = rankingMetrics(addRanking(NO_RANKINGS, [0, 3, 0, 1, 2], 4));
    const gain = 3 / Math.log2(3) + 1 / Math.log2(5);
    const ideal = 3 + 2 / Math.log2(3) + 1 / Math.log2(4);
    expect(metrics.ndcg).toBeCloseTo(gain / ideal, 12);
    expect(metrics).toMatchObject({ lists: 1, precision: 0.5, mrr: 0.5 });
    expect(metrics.map).toBeCloseTo((1 / 2 + 2 / 4) / 3, 12);
  });
  test('the best order has 1 everywhere, one beyond k 0', () => {
    expect(rankingMetrics(addRanking(NO_RANKINGS, [2, 1], 2))).toMatchObject({ ndcg: 1, precision: 1, map: 1, mrr: 1 });
    expect(rankingMetrics(addRanking(NO_RANKINGS, [0, 0, 1], 2))).toMatchObject({ ndcg: 0, precision: 0, map: 0, mrr: 0 });
  });
  test('nothing relevant, nothing ranked and bad input', () => {
    const sums = addRanking(addRanking(NO_RANKINGS, [0, 0], 2), [], 2);
    expect(rankingMetrics(sums)).toEqual({ lists: 0, withoutRelevant: 2, ndcg: null, precision: null, map: null, mrr: null });
    expect(() => addRanking(NO_RANKINGS, [1, -1], 2)).toThrow('relevances[1]');
    expect(() => addRanking(NO_RANKINGS, [1], 0)).toThrow('k');
  });
});
