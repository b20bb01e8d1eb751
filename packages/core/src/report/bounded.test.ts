import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FirstNames, Newest, RecentIds, Thinned } from './bounded.ts';

test('the newest are kept, and those before are counted', () => {
  const newest = new Newest<number>(3);
  for (let value = 1; value <= 10; value++) newest.add(value);
  expect(newest.list).toEqual({ items: [8, 9, 10], omitted: 7 });
});

test('a thinned series holds the first and the last, evenly spaced, and never more than its bound and one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), (length) => {
      const series = new Thinned<{ readonly place: number }>(8);
      for (let place = 0; place < length; place++) series.add({ place });
      const { items, omitted } = series.list;
      const places = items.map(({ place }) => place);
      expect(omitted).toBe(length - places.length);
      expect(places.length).toBeLessThanOrEqual(9);
      expect([places[0], places.at(-1)]).toEqual([0, length - 1]);
      const gaps = new Set(places.slice(1, -1).map((place, index) => place - (places[index] ?? 0)));
      expect(gaps.size).toBeLessThanOrEqual(1);
    }),
  );
});

test('an id is new once, while it is among the newest', () => {
  const ids = new RecentIds(3);
  expect(['a', 'b', 'a', 'c', 'd', 'b', 'e', 'f', 'a'].map((id) => ids.add(id))).toEqual([
    true,
    true,
    false,
    true,
    true,
    false,
    true,
    true,
    true,
  ]);
});

test('names beyond the first are refused, those known go on', () => {
  const names = new FirstNames(2, (name) => ({ name }));
  expect(['a', 'b', 'c', 'a'].map((name) => names.of(name)?.name)).toEqual(['a', 'b', undefined, 'a']);
});
