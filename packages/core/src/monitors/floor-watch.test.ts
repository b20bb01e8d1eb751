import { expect, it } from 'vitest';
import { FloorWatch } from './floor-watch.ts';

const watch = (): FloorWatch => new FloorWatch({ floor: 0.8, casesToFalseAlarm: 1000 });
const part = (instance: string, cases: number, hits: number) => ({
  instance,
  counters: { 'cases|all': cases, 'hits|all': hits },
});

it('hears of cases of its own', () => {
  const own = watch();
  for (let count = 0; count < 20; count++) own.add(1);
  expect([own.breached, own.counters('all')]).toEqual([false, { 'cases|all': 20, 'hits|all': 20 }]);
  for (let count = 0; count < 60; count++) own.add(0);
  expect([own.breached, own.counters('x')]).toEqual([true, { 'cases|x': 80, 'hits|x': 20 }]);
});

it('hears of those of the others since it saw them first: what was before is history', () => {
  const own = watch();
  own.merge([part('b', 500, 0)], 'all');
  expect(own.breached).toBe(false);
  own.merge([part('b', 600, 0)], 'all');
  expect(own.breached).toBe(true);
});

it('counts nothing twice, nothing of another name, and nothing of one that went back', () => {
  const own = watch();
  own.merge([part('b', 10, 10)], 'all');
  for (let time = 0; time < 100; time++) own.merge([part('b', 11, 10)], 'all');
  own.merge([part('b', 5, 5)], 'all');
  own.merge([part('b', 300, 5)], 'other');
  expect(own.breached).toBe(false);
});

it('leaves out what cannot be: fewer hits than before, or more hits than cases', () => {
  const own = watch();
  own.merge([part('b', 10, 10)], 'all');
  own.merge([part('b', 200, 0)], 'all');
  own.merge([part('b', 210, 100)], 'all');
  expect(own.breached).toBe(false);
});

it('one that was away and came back begins anew', () => {
  const own = watch();
  own.merge([part('b', 10, 10)], 'all');
  own.merge([], 'all');
  own.merge([part('b', 500, 10)], 'all');
  expect(own.breached).toBe(false);
});
