import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, type Jitter } from './backoff.ts';

const FULL = { baseMs: 100, capMs: 1000, factor: 2, jitter: 'full' } as const;

test('grows by its factor from the base to the cap, times the draw', () => {
  expect([1, 2, 3, 4, 5].map((times) => backoffMs(FULL, times, 0, 1))).toEqual([100, 200, 400, 800, 1000]);
  expect(backoffMs(FULL, 3, 0, 0.25)).toBe(100);
  expect(backoffMs({ ...FULL, baseMs: 0 }, 1, 0, 1)).toBe(0);
  expect([1, 2, 3].map((times) => backoffMs({ ...FULL, factor: 1 }, times, 0, 1))).toEqual([100, 100, 100]);
});

test('A25 equal jitter keeps half, none keeps all, decorrelated goes by the wait before', () => {
  expect(backoffMs({ ...FULL, jitter: 'equal' }, 2, 0, 0)).toBe(100);
  expect(backoffMs({ ...FULL, jitter: 'equal' }, 2, 0, 0.5)).toBe(150);
  expect(backoffMs({ ...FULL, jitter: 'none' }, 2, 0, 0.123)).toBe(200);
  const decorrelated = { ...FULL, jitter: 'decorrelated' } as const;
  expect([backoffMs(decorrelated, 1, 0, 0.5), backoffMs(decorrelated, 2, 200, 0.5), backoffMs(decorrelated, 3, 900, 1)]).toEqual([
    100, 350, 1000,
  ]);
});

test('conformance row 25: jitter never yields a NaN, negative or infinite delay', () => {
  const size = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      size,
      size,
      fc.double({ min: 1, max: 100, noNaN: true }),
      fc.constantFrom<Jitter>('full', 'equal', 'decorrelated', 'none'),
      size,
      fc.double(),
      (times, baseMs, capMs, factor, jitter, previous, random) => {
        const delay = backoffMs({ baseMs, capMs, factor, jitter }, times, previous, random);
        expect(Number.isFinite(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(capMs);
      },
    ),
    { seed: 12 },
  );
});
