import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mirrored, tailsFromLogLower } from './tails.ts';

test('all and nothing', () => {
  const nothing = tailsFromLogLower(-Infinity);
  expect(nothing).toEqual({ lower: 0, upper: 1, logLower: -Infinity, logUpper: 0 });
  expect(tailsFromLogLower(0)).toEqual({ lower: 1, upper: 0, logLower: 0, logUpper: -Infinity });
  expect(mirrored(nothing)).toEqual({ lower: 1, upper: 0, logLower: 0, logUpper: -Infinity });
});

test('what rounding carried above 0 is all', () => {
  expect(tailsFromLogLower(1e-15)).toEqual(tailsFromLogLower(0));
});

test('neither tail loses digits to the other (property)', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: -1e-300, noNaN: true }), (logLower) => {
      const { lower, upper, logUpper } = tailsFromLogLower(logLower);
      expect(lower + upper).toBeCloseTo(1, 14);
      expect(Math.abs(Math.log(upper) - logUpper)).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(logUpper)));
      // Twice mirrored is as it was; and the tails of a small upper one are those of a small lower one.
      expect(mirrored(mirrored(tailsFromLogLower(logLower)))).toEqual(tailsFromLogLower(logLower));
    }),
  );
  expect(tailsFromLogLower(-1e-20).upper).toBe(1e-20);
  expect(tailsFromLogLower(-50).logUpper).toBe(-Math.exp(-50));
});
