import { expect, test } from 'vitest';
import type { ConcurrencyMachine } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { TimerQueue } from '../time/index.ts';
import { holdPlace } from './held-place.ts';

function held(timeoutMs: number) {
  const [clock, log] = [new VirtualClock(), [] as string[]];
  const limiter = { release: () => log.push('released'), leaked: () => log.push('leaked') };
  const running = Promise.withResolvers<void>();
  const leases = new TimerQueue(clock, true);
  holdPlace(limiter as Partial<ConcurrencyMachine> as ConcurrencyMachine, running.promise, timeoutMs, clock.now(), leases);
  return { clock, log, running };
}

test.each(['resolve', 'reject'] as const)('the place comes free when the predictor has really ended: %s', async (end) => {
  const { clock, log, running } = held(100);
  await clock.advance(29_000);
  expect(log).toEqual([]);
  running[end]();
  await clock.advance(60_000);
  expect(log).toEqual(['released']);
});

test.each([
  [100, 30_000],
  [60_000, 600_000],
])('after a timeout of %d ms it has leaked in %d ms, once, whatever the predictor does later', async (timeoutMs, leaseMs) => {
  const { clock, log, running } = held(timeoutMs);
  await clock.advance(leaseMs - 1);
  expect(log).toEqual([]);
  await clock.advance(100);
  expect(log).toEqual(['leaked']);
  running.resolve();
  await clock.advance(100);
  expect(log).toEqual(['leaked']);
});
