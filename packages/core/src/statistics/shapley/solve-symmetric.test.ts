import fc from 'fast-check';
import { expect, test } from 'vitest';
import { solveSymmetric } from './solve-symmetric.ts';

test('by hand', () => {
  expect(solveSymmetric([], [])).toEqual([]);
  expect(solveSymmetric([[4]], [2])).toEqual([0.5]);
  const [x = 0, y = 0] = solveSymmetric([[2], [1, 3]], [4, 7]);
  expect([x, y]).toEqual([expect.closeTo(1, 14), expect.closeTo(2, 14)]);
});

test('A x = b, for any positive definite A, of which the lower half is read (property)', () => {
  const number = fc.integer({ min: -5, max: 5 });
  const problem = fc.integer({ min: 1, max: 6 }).chain((size) => {
    const vector = fc.array(number, { minLength: size, maxLength: size });
    return fc.tuple(fc.array(vector, { minLength: size, maxLength: size }), vector);
  });
  fc.assert(
    fc.property(problem, ([root, x]) => {
      const dot = (a: readonly number[], b: readonly number[]): number =>
        a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0);
      // R Rᵀ + 1 has no eigenvalue under 1.
      const a = root.map((row, i) => root.map((other, j) => dot(row, other) + Number(i === j)));
      const b = a.map((row) => dot(row, x));
      const lower = a.map((row, i) => row.map((value, j) => (j > i ? Number.NaN : value)));
      const solved = solveSymmetric(lower, b);
      for (const [k, value] of x.entries()) expect(solved[k]).toBeCloseTo(value, 6);
    }),
  );
});

test('of what is not positive definite nothing is a number', () => {
  expect(solveSymmetric([[1], [2, 1]], [1, 1]).every(Number.isNaN)).toBe(true);
  expect(solveSymmetric([[-1]], [1])).toEqual([Number.NaN]);
});
