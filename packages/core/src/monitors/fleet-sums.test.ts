import { expect, it } from 'vitest';
import { FleetSums, WHOLE } from './fleet-sums.ts';

/** Adds cases of this score. */
function add(sums: FleetSums, segment: string, score: number, count = 1): void {
  for (let one = 0; one < count; one++) {
    const row = sums.row(segment);
    row[1] = (row[1] ?? 0) + score;
  }
}
const totals = (sums: FleetSums, segment = WHOLE): number[] => Array.from(sums.totals(segment));

it('sums by segment, and over all processes', () => {
  const [one, two] = [new FleetSums(2, 1000), new FleetSums(2, 1000)];
  add(one, WHOLE, 0.5, 2);
  add(two, WHOLE, 1, 3);
  add(two, 'DE', 1);
  one.merge([{ instance: 'two', counters: two.counters() }]);
  expect([totals(one), totals(one, 'DE'), one.names()]).toEqual([
    [5, 4],
    [1, 1],
    [WHOLE, 'DE'],
  ]);
  // Told again it is no more, and what is gone is gone.
  one.merge([{ instance: 'two', counters: two.counters() }]);
  expect(totals(one)).toEqual([5, 4]);
  one.merge([]);
  expect(totals(one)).toEqual([2, 1]);
});

it('tells the others its own alone', () => {
  const one = new FleetSums(2, 1000);
  add(one, WHOLE, 2);
  one.merge([{ instance: 'two', counters: { '0|': 7, '1|': 7 } }]);
  expect(one.counters()).toEqual({ '0|': 1, '1|': 2, seen: 1 });
});

it('of wide sums tells the whole alone', () => {
  const one = new FleetSums(41, 1000);
  one.row(WHOLE);
  one.row('DE');
  expect(one.counters()).toEqual({ '0|': 1, seen: 1 });
});

it('leaves out numbers that it does not have, and keeps names with a bar', () => {
  const one = new FleetSums(2, 1000);
  one.merge([{ instance: 'two', counters: { '0|a|b': 3, '2|': 5, '-1|': 5, 'x|': 5, cases: 5 } }]);
  expect([totals(one), totals(one, 'a|b')]).toEqual([
    [0, 0],
    [3, 0],
  ]);
});

it('newest adds to the case that came last', () => {
  const one = new FleetSums(2, 1000);
  add(one, WHOLE, 1);
  const row = one.newest(WHOLE);
  row[1] = (row[1] ?? 0) + 1;
  expect(totals(one)).toEqual([1, 2]);
});

it('segments beyond the most share one', () => {
  const one = new FleetSums(1, 1000, { max: 2 });
  for (const name of ['a', 'b', 'c', 'd']) one.row(name);
  expect([one.names(), totals(one, '(other)')]).toEqual([[WHOLE, 'a', 'b', '(other)'], [2]]);
});
