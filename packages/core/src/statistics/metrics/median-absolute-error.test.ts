import { expect, test } from 'vitest';
import { medianAbsoluteError } from './median-absolute-error.ts';

test('half of the errors are no larger, whatever their sign and the worst one', () => {
  expect(medianAbsoluteError([1, 2, 3], [0, 4, 1000])).toBe(2);
  expect(medianAbsoluteError([10, 10, 10, 10], [11, 8, 10, 13])).toBe(1.5);
  expect(medianAbsoluteError([], [])).toBeNull();
});

test('refuses what is no number or has no partner', () => {
  expect(() => medianAbsoluteError([1, NaN], [1, 2])).toThrow('targets[1]');
  expect(() => medianAbsoluteError([1], [Infinity])).toThrow('predictions[0]');
  expect(() => medianAbsoluteError([1, 2], [1])).toThrow('predictions.length');
});
