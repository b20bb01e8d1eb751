import { expect, test } from 'vitest';
import { homogeneityTable } from './homogeneity-table.ts';

test('bins that neither sample has are left out; the share is of all counts', () => {
  expect(homogeneityTable([3, 0, 0, 6], [1, 0, 2, 0])).toEqual({
    pairs: [
      [3, 1],
      [0, 2],
      [6, 0],
    ],
    share: 0.25,
    degrees: 2,
  });
});

test('names what is wrong', () => {
  expect(() => homogeneityTable([1, 2], [1])).toThrow('current');
  expect(() => homogeneityTable([0, 0], [1, 1])).toThrow('reference');
  expect(() => homogeneityTable([1, 1], [1, -1])).toThrow('current');
});
