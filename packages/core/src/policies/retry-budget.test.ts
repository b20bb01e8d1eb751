import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

/** How many of `wanted` retries are granted at `now`. */
function granted(budget: RetryBudget, now: number, wanted = 1000): number {
  let count = 0;
  while (count < wanted && budget.withdraw(now)) count++;
  return count;
}

test('a minimum in flight is granted always, and more only within the share of the calls in flight', () => {
  const budget = new RetryBudget(0.2, 2);
  expect(granted(budget, 0)).toBe(2);
  for (let call = 0; call < 30; call++) budget.begin(0);
  expect([budget.room(0), granted(budget, 0), budget.inFlight]).toEqual([4, 4, 6]);
});

test('A22 after 500 good calls, a hundred that fail at once are retried twenty at a time', () => {
  const budget = new RetryBudget(0.2, 3);
  for (let call = 0; call < 500; call++) {
    budget.begin(0);
    budget.finished();
  }
  for (let call = 0; call < 100; call++) budget.begin(0);
  expect(granted(budget, 0)).toBe(20);
});

test('A22 good calls of long ago grant nothing: all retries of a window are within the share of its calls', () => {
  const budget = new RetryBudget(0.2, 3);
  for (let call = 0; call < 10_000; call++) {
    budget.begin(0);
    budget.finished();
  }
  const later = 11_000;
  for (let call = 0; call < 50; call++) budget.begin(later);
  let total = 0;
  for (let round = 0; round < 10; round++) {
    const now = granted(budget, later);
    total += now;
    for (let ended = 0; ended < now; ended++) budget.ended();
  }
  // Ten of the window, and three a round that are always granted.
  expect(total).toBe(10 + 9 * 3);
});

test('refills as time passes', () => {
  const budget = new RetryBudget(0.1, 0);
  for (let call = 0; call < 100; call++) budget.begin(0);
  expect([granted(budget, 0), granted(budget, 5000)]).toEqual([10, 0]);
  for (let ended = 0; ended < 10; ended++) budget.ended();
  for (let call = 0; call < 50; call++) budget.begin(20_000);
  expect(granted(budget, 20_000)).toBe(5);
});

test('A22 property: retries in flight stay within the minimum and the share of the calls in flight, however calls come and go', () => {
  const step = fc.record({
    kind: fc.constantFrom('begin', 'begin', 'begin', 'finished', 'retry', 'retry', 'ended'),
    after: fc.constantFrom(0, 0, 1, 500, 12_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.constantFrom(0.1, 0.2, 0.5, 1), fc.nat(3), (steps, share, minimum) => {
      const budget = new RetryBudget(share, minimum);
      let [calls, now] = [0, 0];
      for (const { kind, after } of steps) {
        now += after;
        if (kind === 'begin') {
          calls++;
          budget.begin(now);
        } else if (kind === 'finished' && calls > 0) {
          calls--;
          budget.finished();
        } else if (kind === 'retry') {
          const isFree = budget.inFlight < minimum;
          const given = budget.withdraw(now);
          expect(isFree ? given : !given || budget.inFlight <= share * calls).toBe(true);
        } else if (kind === 'ended' && budget.inFlight > 0) budget.ended();
      }
    }),
    { seed: 22 },
  );
});
