import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Box, runsWhere } from './box.ts';
import { findUncovered } from './cover.ts';

const unlimited = (): { left: number } => ({ left: Infinity });
const slab = (fields: number, field: number, runs: readonly number[]): Box =>
  Array.from({ length: fields }, (_, index) => (index === field ? runs : undefined));

describe('findUncovered', () => {
  test('finds a point outside of all boxes exactly where there is one, and proves the rest', () => {
    const sizes = [4, 3, 3];
    const box = fc.tuple(
      ...sizes.map((size) =>
        fc.option(
          fc.subarray([...Array(size).keys()]).map((cells) => runsWhere(size, (cell) => cells.includes(cell))),
          { nil: undefined },
        ),
      ),
    );
    const holds = (candidate: Box, point: readonly number[]): boolean =>
      point.every(
        (cell, field) =>
          candidate[field]?.some((start, index, runs) => index % 2 === 0 && start <= cell && cell < (runs[index + 1] ?? 0)) ??
          true,
      );
    fc.assert(
      fc.property(fc.array(box, { maxLength: 12 }), (boxes) => {
        const points = [0, 1, 2, 3].flatMap((a) => [0, 1, 2].flatMap((b) => [0, 1, 2].map((c) => [a, b, c])));
        const proof = new Set<Box>();
        const found = findUncovered(sizes, boxes, unlimited(), proof);
        const free = points.filter((point) => !boxes.some((candidate) => holds(candidate, point)));
        expect(free.length === 0 ? [undefined] : free).toContainEqual(found);
        const proven = points.filter((point) => [...proof].some((candidate) => holds(candidate, point)));
        expect(found ?? proven.length).toEqual(found ?? points.length);
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  test('a space without points has none outside', () => {
    expect(findUncovered([3, 0], [], unlimited())).toBeUndefined();
    expect(findUncovered([], [], unlimited())).toEqual([]);
    expect(findUncovered([], [[]], unlimited())).toBeUndefined();
  });

  test('says when the budget is spent', () => {
    const boxes = Array.from({ length: 100 }, (_, index) => slab(1, 0, [index, index + 1]));
    expect(findUncovered([100], boxes, { left: 100 })).toBe('undecided');
    expect(findUncovered([100], boxes, unlimited())).toBeUndefined();
  });

  test('slabs that fill one field are not multiplied with those of the others', () => {
    // 200 slabs fill the last of five fields; in each of the others 100 leave holes: 100^4 combinations of holes.
    const fields = [0, 1, 2, 3, 4];
    const boxes = fields.flatMap((field) =>
      Array.from({ length: field === 4 ? 200 : 100 }, (_, index) =>
        slab(5, field, field === 4 ? [index, index + 1] : [2 * index, 2 * index + 1]),
      ),
    );
    const budget = { left: 1_000_000 };
    expect(findUncovered([200, 200, 200, 200, 200], boxes, budget)).toBeUndefined();
  });

  test('a grid of 1,000 boxes takes a few looks at each, with and without a hole', () => {
    const tenths = [...Array(10).keys()];
    const boxes = tenths.flatMap((a) =>
      tenths.flatMap((b) =>
        tenths.map((c): Box => [
          [a, a + 1],
          [b, b + 1],
          [c, c + 1],
        ]),
      ),
    );
    expect(findUncovered([10, 10, 10], boxes, { left: 50_000 })).toBeUndefined();
    expect(findUncovered([10, 10, 10], boxes.toSpliced(473, 1), { left: 50_000 })).toEqual([4, 7, 3]);
  });
});
