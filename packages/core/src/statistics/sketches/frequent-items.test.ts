import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrequentItems } from './frequent-items.ts';

const stream = fc.array(fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 4 })), { maxLength: 1500 });

test('counts are too low by at most the error, which is bounded; also after merging', () => {
  fc.assert(
    fc.property(stream, stream, (first, second) => {
      const items = new FrequentItems<number>(16);
      for (const item of first) items.add(item);
      const other = new FrequentItems<number>(16);
      for (const item of second) other.add(item);
      items.merge(other);
      const all = [...first, ...second];
      expect(items.total).toBe(all.length);
      expect(items.size).toBeLessThanOrEqual(16);
      expect(items.error).toBeLessThanOrEqual((2 * all.length) / 16);
      const found = new Map(items.entries());
      for (const item of new Set(all)) {
        const exact = all.filter((other) => other === item).length;
        expect(found.get(item) ?? 0).toBeLessThanOrEqual(exact);
        expect((found.get(item) ?? 0) + items.error).toBeGreaterThanOrEqual(exact);
      }
    }),
  );
});

test('is exact while the distinct items fit, the most frequent first', () => {
  const items = new FrequentItems<string>(3);
  for (const item of 'abcbccx'.slice(0, 6)) items.add(item);
  expect(items.entries()).toEqual([
    ['c', 3],
    ['b', 2],
    ['a', 1],
  ]);
  expect(items.error).toBe(0);
  items.add('d', 0);
  expect(items.size).toBe(3);
  expect(() => items.add('d', 0.5)).toThrow('count');
  expect(() => new FrequentItems(1)).toThrow('capacity');
});
