import { expect, test } from 'vitest';
import type { ModelControl } from '../control/model-control.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Startup } from './startup.ts';

function setUp(refresh: (clock: VirtualClock) => Promise<void>) {
  const clock = new VirtualClock();
  let reads = 0;
  const control = { refresh: () => (reads++, refresh(clock)) } as unknown as ModelControl;
  return { clock, startup: new Startup(control, clock, 250), reads: () => reads };
}

const after = (clock: VirtualClock, ms: number) => new Promise<void>((done) => clock.schedule(done, ms));

test('ends when the document is known, without a timer left; it is read once for all calls', async () => {
  const { clock, startup, reads } = setUp((one) => after(one, 100));
  const waiting = Promise.all([startup.wait(), startup.wait()]);
  await clock.advance(99);
  expect(startup.isOver).toBe(false);
  await clock.advance(1);
  await waiting;
  expect([startup.isOver, reads(), clock.pending]).toEqual([true, 1, 0]);
});

test('ends after its longest wait where the store does not answer', async () => {
  const { clock, startup } = setUp(() => new Promise(() => undefined));
  const waiting = startup.wait();
  await clock.advance(249);
  expect(startup.isOver).toBe(false);
  await clock.advance(1);
  await waiting;
  expect(startup.isOver).toBe(true);
});

test('what comes later waits no more', async () => {
  const { clock, startup } = setUp((one) => after(one, 10));
  const first = startup.wait();
  await clock.advance(10);
  await first;
  await startup.wait();
  expect(clock.pending).toBe(0);
});
