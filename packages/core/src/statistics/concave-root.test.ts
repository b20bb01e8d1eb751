import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concaveRoot } from './concave-root.ts';

test.each([
  ['ln x = 0', 0.01, (x: number) => [Math.log(x), 1 / x] as const, 1],
  ['√x = 3, from the left', 1, (x: number) => [Math.sqrt(x) - 3, 0.5 / Math.sqrt(x)] as const, 9],
  ['1 − e^−x = ½, from the right', 5, (x: number) => [0.5 - Math.exp(-x), Math.exp(-x)] as const, Math.LN2],
  ['a line is met in one step', -100, (x: number) => [2 * x - 1, 2] as const, 0.5],
  ['a start at the root stays', 4, (x: number) => [x - 4, 1] as const, 4],
])('%s', (_, start, at, root) => {
  expect(concaveRoot(start, at)).toBeCloseTo(root, 14);
});

test('finds a root to the last digits, from either side (property)', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), fc.double({ min: 0.05, max: 2, noNaN: true }), (root, part) => {
      const found = concaveRoot(root * part, (x) => [Math.log(x / root), 1 / x]);
      expect(Math.abs(found / root - 1)).toBeLessThan(1e-14);
    }),
  );
});
