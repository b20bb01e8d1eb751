import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DurationHistogram } from './duration-histogram.ts';

test('empty it knows 0, and so it does when it is cleared', () => {
  const histogram = new DurationHistogram();
  expect(histogram.quantile(0.9)).toBe(0);
  histogram.add(5);
  histogram.clear();
  expect([histogram.total, histogram.quantile(0.9)]).toEqual([0, 0]);
});

test('a quantile is at most an eighth too high, and not too low (property)', () => {
  const duration = fc.double({ min: 0.008, max: 2e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(duration, { minLength: 1, maxLength: 50 }), fc.constantFrom(0.01, 0.5, 0.9, 1), (durations, q) => {
      const histogram = new DurationHistogram();
      for (const ms of durations) histogram.add(ms);
      const sorted = durations.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN;
      // Rounded to a microsecond first.
      expect(histogram.quantile(q)).toBeGreaterThanOrEqual(exact - 0.0005);
      expect(histogram.quantile(q)).toBeLessThanOrEqual((exact + 0.0005) * 1.125 + 1e-9);
    }),
  );
});

test('the shortest and the longest have a bucket, too', () => {
  const histogram = new DurationHistogram();
  histogram.add(0);
  expect(histogram.quantile(1)).toBeLessThan(0.01);
  histogram.add(1e12);
  histogram.add(Infinity);
  expect(histogram.total).toBe(3);
  expect(histogram.quantile(1)).toBeGreaterThan(3_600_000 / 2);
});
