import { describe, expect, test } from 'vitest';
import { type Box, grow, intersection, meets, outside, runsWhere } from './box.ts';

describe('boxes', () => {
  test('runs are the cells that hold', () => {
    expect(runsWhere(6, (cell) => [0, 1, 3, 5].includes(cell))).toEqual([0, 2, 3, 4, 5, 6]);
    expect(runsWhere(3, () => false)).toEqual([]);
  });

  test.each<[Box, Box, boolean, Box]>([
    [[[0, 2]], [[1, 3]], true, [[1, 2]]],
    [[[0, 2]], [[2, 3]], false, [[]]],
    [[[0, 2, 4, 6]], [[2, 4]], false, [[]]],
    [[[0, 2, 4, 6]], [[1, 5]], true, [[1, 2, 4, 5]]],
    [
      [[0, 2], undefined],
      [undefined, [3, 4]],
      true,
      [
        [0, 2],
        [3, 4],
      ],
    ],
    [
      [
        [0, 2],
        [0, 1],
      ],
      [
        [0, 2],
        [1, 2],
      ],
      false,
      [[0, 2], []],
    ],
    [[undefined], [[]], false, [[]]],
    [[undefined], [undefined], true, [undefined]],
  ])('%j and %j', (a, b, expected, both) => {
    expect(meets(a, b)).toBe(expected);
    expect(meets(b, a)).toBe(expected);
    expect(intersection(a, b)).toEqual(both);
    expect(intersection(b, a)).toEqual(both);
  });

  test('outside is all but the box', () => {
    expect(outside([[1, 2, 3, 5], undefined, [0, 2]], [5, 9, 2])).toEqual([
      [[0, 1, 2, 3], undefined, undefined],
      [undefined, undefined, []],
    ]);
  });

  test('a point grows to a largest box that meets no other', () => {
    const boxes: Box[] = [
      [[0, 2], undefined],
      [
        [4, 5],
        [0, 3],
      ],
    ];
    expect(grow([3, 0], [6, 6], boxes)).toEqual([[2, 4, 5, 6], undefined]);
    expect(grow([4, 4], [6, 6], boxes)).toEqual([
      [2, 6],
      [3, 6],
    ]);
    expect(grow([1, 1], [6, 6], [])).toEqual([undefined, undefined]);
  });
});
