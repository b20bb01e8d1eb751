import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingCounts, type SlidingCountsJson } from './sliding-counts.ts';

const SIZES = [3, 1, 4];
/** Time that passes before an event, its field and its counter. */
const event = fc.tuple(fc.oneof(fc.constant(0), fc.nat({ max: 2 }), fc.nat({ max: 9 })), fc.nat({ max: 2 }), fc.nat({ max: 3 }));
const events = fc.array(event, { maxLength: 60 }).map((list) => {
  let period = 0;
  return list.map(([passed, field, counter]) => ({ period: (period += passed), field, counter: counter % (SIZES[field] ?? 1) }));
});
type Events = readonly { readonly period: number; readonly field: number; readonly counter: number }[];

const counted = (list: Events, subWindows: number): SlidingCounts => {
  const counts = new SlidingCounts({ sizes: SIZES, subWindows });
  for (const { period, field, counter } of list) {
    counts.advance(period);
    counts.add(field, counter);
  }
  return counts;
};

/** Totals of the events that the window of `period` holds. */
const recount = (list: Events, period: number, subWindows: number): number[][] =>
  SIZES.map((size, field) =>
    Array.from(
      { length: size },
      (_, counter) =>
        list.filter((item) => item.field === field && item.counter === counter && item.period > period - subWindows).length,
    ),
  );
const totalsOf = (counts: SlidingCounts): number[][] => SIZES.map((_, field) => Array.from(counts.totals(field)));

test('totals are a recount of the last sub-windows', () => {
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 5 }), fc.nat({ max: 8 }), (list, subWindows, idle) => {
      const counts = counted(list, subWindows);
      const period = (list.at(-1)?.period ?? 0) + idle;
      counts.advance(period);
      expect(totalsOf(counts)).toEqual(recount(list, period, subWindows));
      for (let age = 0; age < subWindows; age++) {
        const own = list.filter((item) => item.period === period - age);
        expect(SIZES.map((_, field) => Array.from(counts.subWindow(field, age)))).toEqual(recount(own, period, subWindows));
      }
    }),
    { numRuns: 300 },
  );
});

test('instances merge to what one had counted, and JSON keeps all', () => {
  fc.assert(
    fc.property(events, events, fc.integer({ min: 1, max: 5 }), (a, b, subWindows) => {
      const merged = counted(a, subWindows);
      merged.merge(counted(b, subWindows));
      const whole = counted(
        [...a, ...b].toSorted((left, right) => left.period - right.period),
        subWindows,
      );
      expect(merged.toJSON()).toEqual(whole.toJSON());
      expect(totalsOf(merged)).toEqual(totalsOf(whole));
      const json = JSON.parse(JSON.stringify(merged)) as SlidingCountsJson;
      expect(SlidingCounts.from(json).toJSON()).toEqual(json);
      expect(totalsOf(SlidingCounts.from(json))).toEqual(totalsOf(whole));
    }),
  );
});

test('30 fields of 28 counters over 24 sub-windows take less than 160 kB', () => {
  const counts = new SlidingCounts({ sizes: Array.from({ length: 30 }, () => 28) });
  expect(counts.subWindows).toBe(24);
  expect(counts.byteLength).toBe(84_000);
});

test('a clock that goes back changes nothing', () => {
  const counts = new SlidingCounts({ sizes: [1], subWindows: 2, period: 10 });
  counts.add(0, 0);
  counts.advance(3);
  expect(counts.period).toBe(10);
  expect(counts.totals(0)[0]).toBe(1);
});

test('no field is a window too', () => {
  const counts = new SlidingCounts({ sizes: [] });
  counts.advance(5);
  expect(SlidingCounts.from(counts.toJSON()).period).toBe(5);
});

test('refuses what does not fit', () => {
  const counts = new SlidingCounts({ sizes: [2] });
  const json = counts.toJSON();
  expect(() => new SlidingCounts({ sizes: [1.5] })).toThrow('sizes[0]');
  expect(() => new SlidingCounts({ sizes: [1], subWindows: 0 })).toThrow('subWindows');
  expect(() => counts.advance(-1)).toThrow('period');
  expect(() => counts.subWindow(0, 24)).toThrow('age');
  expect(() => counts.merge(new SlidingCounts({ sizes: [3] }))).toThrow('sizes[0]');
  expect(() => counts.merge(new SlidingCounts({ sizes: [2], subWindows: 3 }))).toThrow('counts.length');
  expect(() => SlidingCounts.from({ ...json, version: 2 as 1 })).toThrow('version');
  expect(() => SlidingCounts.from({ ...json, counts: json.counts.with(0, [1, -1]) })).toThrow('counts[0][1]');
});
