import { expect, test } from 'vitest';
import { logMeanExp } from './log-mean-exp.ts';

const logs = (...values: number[]): number[] => values.map((value) => Math.log(value));

test('the mean of e-values, weighted or not, without overflow', () => {
  expect(Math.exp(logMeanExp(logs(1, 2, 6)))).toBeCloseTo(3, 12);
  expect(Math.exp(logMeanExp(logs(1, 5), [3, 1]))).toBeCloseTo(2, 12);
  expect(logMeanExp([1000, 1000])).toBe(1000);
  expect(logMeanExp([-Infinity, Math.log(8)])).toBeCloseTo(Math.log(4), 12);
  expect(logMeanExp([-Infinity, -Infinity])).toBe(-Infinity);
});
