import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expiresAt, NO_DEADLINE_MS, reserveMs } from './deadline.ts';

it.each([
  [0, 0],
  [4, 0],
  [5, 1],
  [100, 20],
  [250, 50],
  [10_000, 50],
  [NO_DEADLINE_MS, 50],
])('of a deadline of %d ms %d are kept for the rescue', (deadline, reserve) => {
  expect(reserveMs(deadline)).toBe(reserve);
});

it('a deadline has never passed too early, and at most 2 ms late, on a whole millisecond (property)', () => {
  const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(ms, ms, (now, deadline) => {
      const at = expiresAt(now, deadline);
      expect(Number.isInteger(at)).toBe(true);
      expect(at).toBeGreaterThan(now + deadline - 1e-6);
      expect(at).toBeLessThanOrEqual(Math.ceil(now + deadline) + 2);
    }),
  );
});
