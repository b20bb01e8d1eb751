import { expect, test } from 'vitest';
import { CallCounters } from './call-counters.ts';

test('without a call there is no availability and no latency', () => {
  expect(new CallCounters().snapshot()).toEqual({
    calls: { total: 0, served: 0, degraded: 0, failed: 0, cancelled: 0, invalidInput: 0, inFlight: 0 },
    availability: null,
    servedByTier: { model: 0, cache: 0, rules: 0, always: 0 },
    latencyMs: { p50: null, p90: null, p99: null },
  });
});

test('counts what served, by tier, and availability by what served or failed alone', () => {
  const counters = new CallCounters();
  counters.countServed('model', false, 10);
  counters.countServed('model', false, 10);
  counters.countServed('rules', true, 100);
  Object.assign(counters, { total: 10, failed: 1, cancelled: 3, invalidInput: 3 });
  const { calls, availability, servedByTier, latencyMs } = counters.snapshot();
  expect(calls).toEqual({ total: 10, served: 3, degraded: 1, failed: 1, cancelled: 3, invalidInput: 3, inFlight: 0 });
  expect([availability, servedByTier]).toEqual([0.75, { model: 2, cache: 0, rules: 1, always: 0 }]);
  // Within 13 %, never too low.
  expect(latencyMs.p50).toBeGreaterThanOrEqual(10);
  expect(latencyMs.p50).toBeLessThanOrEqual(11.3);
  expect(latencyMs.p99).toBeGreaterThanOrEqual(100);
  expect(latencyMs.p99).toBeLessThanOrEqual(113);
});

test('a snapshot does not change any more', () => {
  const counters = new CallCounters();
  const before = counters.snapshot();
  counters.countServed('always', true, 1);
  expect(before.servedByTier.always).toBe(0);
});
