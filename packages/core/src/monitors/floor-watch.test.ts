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

it('says which of the newest cases speak of a fall, and what their mean is', () => {
  const own = watch();
  for (let count = 0; count < 500; count++) own.add(Number(count % 10 !== 9));
  expect(own.newest?.cases ?? 0).toBeLessThan(20);
  for (let count = 0; count < 40; count++) own.add(Number(count % 4 === 3));
  expect(own.breached).toBe(true);
  const { cases = 0, mean = NaN } = own.newest ?? {};
  expect(cases).toBeGreaterThanOrEqual(40);
  expect(cases).toBeLessThan(50);
  expect(mean).toBeGreaterThan(0.2);
  expect(mean).toBeLessThan(0.4);
  for (let count = 0; count < 500; count++) own.add(1);
  expect(own.newest).toBeUndefined();
});

it('says so of what others have counted, too', () => {
  const own = watch();
  own.merge([part('b', 10, 10)], 'all');
  own.merge([part('b', 60, 20)], 'all');
  expect(own.newest).toEqual({ cases: 50, mean: 0.2 });
});
