import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogBuckets } from './log-buckets.ts';

function bucketsOf(limit: number, added: readonly (readonly [key: number, count: number])[]): LogBuckets {
  const buckets = new LogBuckets(limit);
  for (const [key, count] of added) buckets.add(key, count);
  return buckets;
}

test('empty', () => {
  const buckets = new LogBuckets(4);
  expect([buckets.lowest, buckets.total, buckets.entries()]).toEqual([-Infinity, 0, []]);
});

test('what is too far below the highest key counts in the lowest', () => {
  const buckets = bucketsOf(3, [
    [-5, 1],
    [10, 2],
    [9, 3],
    [2, 4],
    [8, 5],
  ]);
  expect([buckets.lowest, buckets.total, buckets.entries()]).toEqual([
    8,
    15,
    [
      [8, 10],
      [9, 3],
      [10, 2],
    ],
  ]);
});

test('depends on what was added alone, in whatever order, and merges exactly (property)', () => {
  const added = fc.array(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1, max: 9 })), { maxLength: 60 });
  fc.assert(
    fc.property(added, fc.integer({ min: 1, max: 12 }), fc.nat(60), (added, limit, cut) => {
      const highest = Math.max(...added.map(([key]) => key));
      const expected = new Map<number, number>();
      for (const [key, count] of added) {
        const kept = Math.max(key, highest - limit + 1);
        expected.set(kept, (expected.get(kept) ?? 0) + count);
      }
      const entries = [...expected].sort(([a], [b]) => a - b);
      expect(bucketsOf(limit, added).entries()).toEqual(entries);
      expect(bucketsOf(limit, added.toReversed()).entries()).toEqual(entries);
      const merged = bucketsOf(limit, bucketsOf(limit, added.slice(0, cut)).entries());
      for (const [key, count] of bucketsOf(limit, added.slice(cut)).entries()) merged.add(key, count);
      expect(merged.entries()).toEqual(entries);
      expect(merged.total).toBe(added.reduce((sum, [, count]) => sum + count, 0));
    }),
  );
});
