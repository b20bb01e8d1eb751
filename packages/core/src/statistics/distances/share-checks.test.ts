import { describe, expect, test } from 'vitest';
import { normalised, totalCount } from './share-checks.ts';

const invalid = (field: string) =>
  expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining(`\n  ${field}: `) });

describe('normalised', () => {
  test('divides each list by its own sum', () => {
    expect(normalised([1, 3], [10, 10])).toEqual([
      [0.25, 0.5],
      [0.75, 0.5],
    ]);
    expect(normalised([0, 0.2], [0.2, 0])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  test.each([
    [[1, -1], [1, 1], 'reference[1]'],
    [[1, 1], [Number.NaN, 1], 'current[0]'],
    [[1, 1], [1, Infinity], 'current[1]'],
    [[0, 0], [1, 1], 'sum of reference'],
    [[1, 1], [0, 0], 'sum of current'],
    [[], [], 'sum of reference'],
    [[1e308, 1e308], [1, 1], 'sum of reference'],
  ])('%j and %j: %s is named', (reference, current, field) => {
    expect(() => normalised(reference, current)).toThrow(invalid(field));
  });

  test('lists of unequal length are a fault of the caller', () => {
    expect(() => normalised([1, 1], [1])).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });
});

test('totalCount takes counts alone', () => {
  expect(totalCount([1, 0, 2], 'reference')).toBe(3);
  expect(() => totalCount([1, 0.5], 'reference')).toThrow(invalid('reference[1]'));
  expect(() => totalCount([0], 'reference')).toThrow(invalid('sum of reference'));
});
