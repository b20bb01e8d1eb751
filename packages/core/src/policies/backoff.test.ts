import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullJitter } from './backoff.ts';

test('doubles from the base to the cap, times the draw', () => {
  expect([1, 2, 3, 4, 5].map((attempt) => fullJitter(attempt, 100, 1000, 1))).toEqual([100, 200, 400, 800, 1000]);
  expect(fullJitter(3, 100, 1000, 0.25)).toBe(100);
  expect(fullJitter(1, 0, 1000, 1)).toBe(0);
});

test('conformance row 25: jitter never yields a NaN, negative or infinite delay', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.double(),
      (attempt, base, cap, random) => {
        const delay = fullJitter(attempt, base, cap, random);
        expect(Number.isFinite(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(cap);
      },
    ),
    { seed: 12 },
  );
});
