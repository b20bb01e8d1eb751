import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantile, type QuantileMethod } from './quantile.ts';
import { sortedValues } from './sorted-values.ts';

// numpy.quantile([1, 2, 4, 8, 16], q, method=…) of NumPy 2.
test.each<[QuantileMethod, readonly number[]]>([
  ['linear', [1, 1.4, 3, 4, 11.2, 16]],
  ['lower', [1, 1, 2, 4, 8, 16]],
  ['higher', [1, 2, 4, 4, 16, 16]],
  ['nearest', [1, 1, 4, 4, 8, 16]],
  ['inverted-cdf', [1, 1, 2, 4, 16, 16]],
])('%s', (method, expected) => {
  const found = [0, 0.1, 0.375, 0.5, 0.85, 1].map((q) => quantile([1, 2, 4, 8, 16], q, method));
  expect(found).toEqual(expected.map((value) => expect.closeTo(value, 12)));
});

test('values so far apart that their difference is no number', () => {
  expect(quantile([-1.5e308, 1.5e308], 0.25)).toBe(-0.75e308);
});

test('linear lies between its neighbours, and rises with q (property)', () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 20 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(values, share, share, (values, a, b) => {
      const sorted = sortedValues(values, 'values');
      const [low, high] = [quantile(sorted, Math.min(a, b)), quantile(sorted, Math.max(a, b))];
      expect(quantile(sorted, a, 'lower')).toBeLessThanOrEqual(quantile(sorted, a));
      expect(quantile(sorted, a)).toBeLessThanOrEqual(quantile(sorted, a, 'higher'));
      expect(low).toBeLessThanOrEqual(high);
    }),
  );
});

test.each([
  [[], 0.5],
  [[1], -0.1],
  [[1], 1.1],
  [[1], Number.NaN],
])('%j has no quantile %d', (sorted, q) => {
  expect(() => quantile(sorted, q)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
});

test('sortedValues is a copy in ascending order of numbers, not of texts', () => {
  const values = [10, 9, -1, 100];
  expect([Array.from(sortedValues(values, 'values')), values]).toEqual([
    [-1, 9, 10, 100],
    [10, 9, -1, 100],
  ]);
  for (const [wrong, field] of [
    [[], 'values.length'],
    [[1, Number.NaN], 'values[1]'],
    [[Infinity], 'values[0]'],
  ] as const)
    expect(() => sortedValues(wrong, 'values')).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining(field) }),
    );
});
