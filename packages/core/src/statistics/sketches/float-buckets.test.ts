import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../seeded-random.ts';
import { FloatBuckets } from './float-buckets.ts';

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -5, max: 5 }),
  fc.double({ min: 1e9, max: 1e9 + 1, noNaN: true }),
  fc.constantFrom(0, -0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1e20),
);
const bucketsOf = (values: readonly number[], limit: number): FloatBuckets => {
  const buckets = new FloatBuckets(limit);
  for (const value of values) buckets.add(value);
  return buckets;
};

it('has a bucket for each distinct number while there is room', () => {
  const buckets = bucketsOf([3, 1, 3, -2, 0, -0], 4);
  expect(buckets.isExact).toBe(true);
  expect(buckets.cells()).toEqual([
    { low: -2, high: -2, count: 1 },
    { low: 0, high: 0, count: 2 },
    { low: 1, high: 1, count: 1 },
    { low: 3, high: 3, count: 2 },
  ]);
});

it('counts each number once in cells that do not overlap, at most as many as there may be; order and grouping do not matter (property)', () => {
  fc.assert(
    fc.property(fc.array(number, { maxLength: 80 }), fc.integer({ min: 3, max: 40 }), fc.nat(80), (values, limit, cut) => {
      const buckets = bucketsOf(values, limit);
      const cells = buckets.cells();
      expect(buckets.total).toBe(values.length);
      // With 80 numbers over the whole line each power of two has at least one bucket.
      if (buckets.isExact) expect(cells.length).toBeLessThanOrEqual(limit);
      for (const [at, { low, high, count }] of cells.entries()) {
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThan(cells[at - 1]?.high ?? -Infinity);
        expect(values.filter((value) => value >= low && value <= high)).toHaveLength(count);
      }
      expect(bucketsOf(values.toReversed(), limit).cells()).toEqual(cells);
      const merged = bucketsOf(values.slice(0, cut), limit);
      merged.merge(bucketsOf(values.slice(cut), limit));
      expect(merged.cells()).toEqual(cells);
    }),
    { numRuns: 300 },
  );
});

it.each([
  ['narrow at a large offset', (random: number) => 1e9 + random],
  ['with one far away', (random: number, at: number) => (at === 7 ? 1e20 : 50 + random)],
  ['in two clusters far apart', (random: number, at: number) => (at % 2 === 0 ? 5 + random : 1e12 * (1 + random))],
])('numbers %s are told apart to a thousandth of their spread', (_, valueOf) => {
  const random = seededRandom(3);
  const values = Array.from({ length: 20_000 }, (__, at) => valueOf(random(), at));
  const cells = bucketsOf(values, 8192).cells();
  expect(cells.length).toBeLessThanOrEqual(8192);
  expect(cells.length).toBeGreaterThan(1000);
  expect(Math.max(...cells.map(({ count }) => count))).toBeLessThan(60);
});

it('numbers too near to 0 for an exponent are told apart while there is room, and share the bucket of 0 where there is none', () => {
  const tiny = [-1e-310, -5e-324, 0, 5e-324, 1e-310];
  expect(bucketsOf(tiny, 5).cells()).toEqual(tiny.map((value) => ({ low: value, high: value, count: 1 })));
  const [zero] = bucketsOf([...tiny, 1, 2, 3], 5).cells();
  expect(zero).toMatchObject({ count: 5 });
  expect([zero?.low, zero?.high]).toEqual([-(2 ** -1022) + 5e-324, 2 ** -1022 - 5e-324]);
});
