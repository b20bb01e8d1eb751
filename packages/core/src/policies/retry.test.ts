import { expect, test } from 'vitest';
import { retry } from './retry.ts';
import type { RetryMachine } from '../types/index.ts';
import { systemClock } from '../time/index.ts';
import { SharedState } from './compose.ts';

function machine(options: Parameters<typeof retry>[0] = {}, random = 0.5, shared = new SharedState()): RetryMachine {
  return retry(options).slot({
    name: 'm/v',
    clock: systemClock,
    random: () => random,
    changed: () => undefined,
    onClose: () => undefined,
    shared: (_scope, key, create) => shared.get(key, create),
  });
}

test('only failed and throttled attempts are made again, up to the number of attempts', () => {
  const retries = machine({ attempts: 3, baseMs: 100 });
  expect(retries.next(1, 'failed', 0, 1e6, undefined, 0)).toBe(50);
  expect(retries.next(2, 'failed', 0, 1e6, undefined, 0)).toBe(100);
  expect(retries.next(3, 'failed', 0, 1e6, undefined, 0)).toBe(-1);
  for (const resultClass of ['caller-error', 'cancelled', 'rejected'] as const)
    expect(retries.next(1, resultClass, 0, 1e6, undefined, 0)).toBe(-1);
});

test('a throttled attempt waits longer, and what the endpoint asks for is a floor', () => {
  const retries = machine();
  expect(retries.next(1, 'throttled', 0, 1e6, undefined, 0)).toBe(500);
  expect(retries.next(1, 'throttled', 0, 1e6, 2000, 0)).toBe(2200);
  expect(retries.next(1, 'failed', 0, 1e6, 1000, 0)).toBe(1025);
});

test('never past the deadline', () => {
  expect(machine({ baseMs: 100 }).next(1, 'failed', 0, 50, undefined, 0)).toBe(-1);
  expect(machine().next(1, 'throttled', 0, 1000, 5000, 0)).toBe(-1);
});

test('the budget: 3 in flight, then a fifth of the calls in flight; variants of a model share it', () => {
  const shared = new SharedState();
  const [a, b] = [machine({ baseMs: 0 }, 0.5, shared), machine({ baseMs: 0 }, 0.5, shared)];
  for (let call = 0; call < 3; call++) expect((call % 2 === 0 ? a : b).next(1, 'failed', 0, 1e6, undefined, 0)).toBe(0);
  expect(a.next(1, 'failed', 0, 1e6, undefined, 0)).toBe(-1);
  for (let call = 0; call < 20; call++) b.begin(0);
  expect(a.next(1, 'failed', 0, 1e6, undefined, 0)).toBe(0);
  expect(a.next(1, 'failed', 0, 1e6, undefined, 0)).toBe(-1);
  expect(a.snapshot(0)).toMatchObject({ inFlight: 4, denied: 2, room: 0 });
  for (let ended = 0; ended < 4; ended++) a.ended();
  expect(b.next(1, 'failed', 0, 1e6, undefined, 0)).toBe(0);
});

test('A25 backoff grows by its factor, and is spread as asked', () => {
  const delays = (options: Parameters<typeof retry>[0]): number[] => {
    const retries = machine({ attempts: 5, baseMs: 100, capMs: 1000, ...options });
    let previous = 0;
    return [1, 2, 3, 4].map((attempt) => (previous = retries.next(attempt, 'failed', 0, 1e6, undefined, previous)));
  };
  expect(delays({ jitter: 'none' }).slice(0, 3)).toEqual([100, 200, 400]);
  expect(delays({ jitter: 'none', factor: 3 }).slice(0, 3)).toEqual([100, 300, 900]);
  expect(delays({ jitter: 'equal' }).slice(0, 3)).toEqual([75, 150, 300]);
  expect(delays({ jitter: 'decorrelated' }).slice(0, 3)).toEqual([100, 200, 350]);
});

test('bad options are told all at once', () => {
  expect(() => retry({ attempts: 0, baseMs: -1, budgetShare: 2 })).toThrow(
    'retry() has 3 problems:\n  retry.attempts: expected a whole number of at least 1, got 0\n  retry.baseMs: expected milliseconds of at least 0, got -1\n  retry.budgetShare: expected a fraction over 0, at most 1, got 2',
  );
});
