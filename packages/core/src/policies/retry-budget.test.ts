import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

test('a share of the calls may be retried, and a minimum in flight always', () => {
  const budget = new RetryBudget(0.2, 2);
  expect([budget.withdraw(), budget.withdraw(), budget.withdraw(), budget.inFlight]).toEqual([true, true, false, 2]);
  for (let call = 0; call < 5; call++) budget.deposit();
  expect([budget.withdraw(), budget.withdraw(), budget.inFlight]).toEqual([true, false, 3]);
  budget.ended();
  budget.ended();
  expect([budget.withdraw(), budget.withdraw()]).toEqual([true, false]);
});

test('a quiet hour saves up 500 calls at most', () => {
  const budget = new RetryBudget(0.1, 0);
  for (let call = 0; call < 10_000; call++) budget.deposit();
  let retries = 0;
  while (budget.withdraw()) retries++;
  expect(retries).toBe(50);
});

test('retries are never more than their share of the calls, beyond the minimum in flight (property)', () => {
  const step = fc.constantFrom('call', 'call', 'retry', 'ended');
  fc.assert(
    fc.property(fc.array(step), fc.constantFrom(0.1, 0.2, 0.5, 1), fc.nat(3), (steps, share, minimum) => {
      const budget = new RetryBudget(share, minimum);
      let [calls, beyond] = [0, 0];
      for (const step of steps) {
        const free = budget.inFlight < minimum;
        if (step === 'call') {
          calls++;
          budget.deposit();
        } else if (step === 'retry') {
          const granted = budget.withdraw();
          expect(granted || !free).toBe(true);
          if (granted && !free) beyond++;
        } else if (budget.inFlight > 0) budget.ended();
        expect(beyond).toBeLessThanOrEqual(share * calls + 1e-9);
      }
    }),
  );
});
