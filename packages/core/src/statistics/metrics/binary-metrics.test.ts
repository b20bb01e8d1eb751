import { expect, test } from 'vitest';
import { NO_BINARY_CASES } from '../../../tests/support/statistics/binary-cases.ts';
import { binaryMetrics } from './binary-metrics.ts';
import type { BinaryTable } from './binary-table.ts';

const table = (tp: number, fp: number, fn: number, tn: number): BinaryTable => ({
  truePositives: tp,
  falsePositives: fp,
  falseNegatives: fn,
  trueNegatives: tn,
});

test('nothing is known of no case', () => {
  expect(binaryMetrics(NO_BINARY_CASES)).toEqual({
    count: 0,
    accuracy: null,
    precision: null,
    recall: null,
    f1: null,
    specificity: null,
    balancedAccuracy: null,
    matthews: null,
  });
});

test('each metric is null where its own denominator is 0, and no other', () => {
  const onlyNegatives = binaryMetrics(table(0, 0, 0, 5));
  expect(onlyNegatives).toMatchObject({ accuracy: 1, precision: null, recall: null, f1: null, specificity: 1, matthews: null });
  const neverPredicted = binaryMetrics(table(0, 0, 3, 5));
  expect(neverPredicted).toMatchObject({
    precision: null,
    recall: 0,
    f1: 0,
    specificity: 1,
    balancedAccuracy: 0.5,
    matthews: null,
  });
});

test('large counts keep their digits', () => {
  const million = binaryMetrics(table(3e12, 1e12, 1e12, 3e12));
  expect(million.matthews).toBeCloseTo(0.5, 12);
  expect(million.accuracy).toBe(0.75);
});

test('cells that are no counts are refused', () => {
  expect(() => binaryMetrics(table(0.5, 0, 0, 0))).toThrow('table.truePositives');
  expect(() => binaryMetrics(table(0, 0, -1, 0))).toThrow('table.falseNegatives');
});
