import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextDown, nextUp } from './doubles.ts';

it.each([
  [0, Number.MIN_VALUE],
  [-0, Number.MIN_VALUE],
  [1, 1 + Number.EPSILON],
  [-1, -1 + Number.EPSILON / 2],
  [-Number.MIN_VALUE, -0],
  [Number.MAX_VALUE, Number.POSITIVE_INFINITY],
  [2 ** 53, 2 ** 53 + 2],
])('after %d comes %d', (value, next) => {
  expect(nextUp(value)).toBe(next);
});

it('nothing lies between a number and its neighbours, and there and back is where it was (property)', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, max: 1e308, min: -1e308 }), (value) => {
      const [up, down] = [nextUp(value), nextDown(value)];
      expect(up > value && down < value).toBe(true);
      // A number between two neighbours would be their middle.
      const middle = value / 2 + up / 2;
      expect(middle === value || middle === up).toBe(true);
      expect([nextDown(up) === value, nextUp(down) === value]).toEqual([true, true]);
    }),
  );
});
