import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { AwakeClock } from './awake-clock.ts';

class Page extends EventTarget {
  visibilityState = 'visible';
  readonly defaultView = new EventTarget();

  turn(visibilityState: 'hidden' | 'visible'): void {
    this.visibilityState = visibilityState;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

function setUp(): { machine: VirtualClock; clock: AwakeClock; page: Page } {
  const machine = new VirtualClock();
  const page = new Page();
  return { machine, clock: new AwakeClock(machine, page), page };
}

test('a timer that a sleep has overtaken rings after the time that it had left', async () => {
  const { machine, clock } = setUp();
  const wake = vi.fn<() => void>();
  clock.schedule(wake, 2000, false);
  await machine.advance(500);
  const before = clock.now();
  machine.freeze(3_600_000);
  await machine.advance(0);
  expect([clock.now() - before, wake.mock.calls.length]).toEqual([0, 0]);
  await machine.advance(1499);
  expect(wake).not.toHaveBeenCalled();
  await machine.advance(1);
  expect(wake).toHaveBeenCalledTimes(1);
  expect([clock.now() - before, machine.pending]).toEqual([1500, 0]);
});

test('what is done at once after a sleep is measured without it, before any timer rings', async () => {
  const { machine, clock } = setUp();
  clock.schedule(() => undefined, 60_000, false);
  await machine.advance(7000);
  const began = clock.now();
  machine.freeze(100_000);
  expect(clock.now() - began).toBe(0);
  machine.freeze(9000);
  expect(clock.now() - began).toBe(9000);
});

test('where nothing waits, time that nobody looks at is no sleep', async () => {
  const { machine, clock } = setUp();
  const before = clock.now();
  await machine.advance(1_000_000);
  expect(clock.now() - before).toBe(1_000_000);
  clock.cancel(clock.schedule(() => undefined, 1000, false));
  await machine.advance(1_000_000);
  expect(clock.now() - before).toBe(2_000_000);
});

test('a page that nobody sees has its timers once a minute: that is no sleep, and deadlines pass', async () => {
  const { machine, clock, page } = setUp();
  page.visibilityState = 'hidden';
  const wake = vi.fn<() => void>();
  clock.schedule(wake, 10_000, false);
  machine.freeze(60_000);
  await machine.advance(0);
  expect(wake).toHaveBeenCalledTimes(1);
  clock.schedule(wake, 10_000, false);
  machine.freeze(80_000);
  await machine.advance(0);
  expect(wake).toHaveBeenCalledTimes(1);
});

test('a hidden page that says that it was frozen has slept, for less than a minute too', async () => {
  const { machine, clock, page } = setUp();
  page.visibilityState = 'hidden';
  clock.schedule(() => undefined, 60_000, false);
  const before = clock.now();
  page.dispatchEvent(new Event('freeze'));
  machine.freeze(20_000);
  page.dispatchEvent(new Event('resume'));
  expect(clock.now() - before).toBe(0);
  machine.freeze(20_000);
  expect(clock.now() - before).toBe(20_000);
});

test('who comes back to a page whose timers were held back has not slept: its deadlines pass', async () => {
  const { machine, clock, page } = setUp();
  const wake = vi.fn<() => void>();
  clock.schedule(wake, 30_000, false);
  page.turn('hidden');
  const before = clock.now();
  machine.freeze(59_000);
  // A listener of the page that was there first reads the clock before this one is told.
  page.visibilityState = 'visible';
  expect(clock.now() - before).toBe(59_000);
  page.turn('visible');
  await machine.advance(0);
  expect([clock.now() - before, wake.mock.calls.length]).toEqual([59_000, 1]);
  machine.freeze(11_000);
  clock.schedule(wake, 1, false);
  machine.freeze(11_000);
  expect(clock.now() - before).toBe(70_000);
});

test.each([
  ['Chromium', ['pagehide', 'hidden', 'freeze'], ['resume', 'visible', 'pageshow']],
  ['Firefox', ['pagehide', 'hidden'], ['visible', 'pageshow']],
  ['Firefox, shown at once', ['pagehide', 'hidden'], ['pageshow', 'visible']],
] as const)('a cache of pages, told as by %s, is a sleep, however short', async (_, going, coming) => {
  const { machine, clock, page } = setUp();
  const wake = vi.fn<() => void>();
  clock.schedule(wake, 2000, false);
  const before = clock.now();
  const tell = (type: string): void => {
    if (type === 'hidden' || type === 'visible') page.turn(type);
    else (type.startsWith('page') ? page.defaultView : page).dispatchEvent(new Event(type));
  };
  for (const ms of [3000, 20_000]) {
    going.forEach(tell);
    machine.freeze(ms);
    coming.forEach(tell);
    await machine.advance(0);
    expect([clock.now() - before, wake.mock.calls.length]).toEqual([0, 0]);
  }
  machine.freeze(6000);
  expect(clock.now() - before).toBe(6000);
  await machine.advance(0);
  expect(wake).toHaveBeenCalledTimes(1);
});

test('a page that only says that it is put away, and runs on, stops the clock no longer than a beat', async () => {
  const { machine, clock, page } = setUp();
  clock.schedule(() => undefined, 100_000, false);
  page.defaultView.dispatchEvent(new Event('pagehide'));
  const before = clock.now();
  await machine.advance(20_000);
  expect(clock.now() - before).toBe(15_000);
});

test('a timer rings when its machine says so, where nothing slept: fake timers may leave the clock as it is', () => {
  const { clock: machine } = setUp();
  const rings: (() => void)[] = [];
  const stopped = {
    now: () => 1,
    wall: () => machine.wall(),
    schedule: (ring: () => void) => rings.push(ring),
    cancel: () => undefined,
  };
  const wake = vi.fn<() => void>();
  new AwakeClock(stopped, new Page()).schedule(wake, 10_000, false);
  rings[0]?.();
  expect([wake.mock.calls.length, rings.length]).toEqual([1, 2]);
});

test('the wall clock sleeps with nobody', async () => {
  const { machine, clock } = setUp();
  clock.schedule(() => undefined, 60_000, false);
  machine.freeze(100_000);
  expect(clock.wall()).toBe(machine.wall());
});

test('property: no timer rings early on this clock, each rings once, time never goes back, and nothing is left', async () => {
  const step = fc.record({
    ms: fc.integer({ min: 0, max: 30_000 }),
    advance: fc.integer({ min: 0, max: 20_000 }),
    freeze: fc.constantFrom(0, 0, 5000, 9999, 10_001, 50_000, 1e7),
    cancels: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const { machine, clock } = setUp();
      const timers: { due: number; rang: number[]; isCancelled: boolean }[] = [];
      let last = clock.now();
      for (const { ms, advance, freeze, cancels } of steps) {
        const timer = { due: clock.now() + ms, rang: [] as number[], isCancelled: cancels };
        timers.push(timer);
        const handle = clock.schedule(() => timer.rang.push(clock.now()), ms, false);
        if (cancels) clock.cancel(handle);
        await machine.advance(advance);
        machine.freeze(freeze);
        const now = clock.now();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
      await machine.advance(1_000_000);
      for (const { due, rang, isCancelled } of timers) {
        expect(rang).toHaveLength(isCancelled ? 0 : 1);
        expect(rang.every((at) => at > due - 1)).toBe(true);
      }
      expect(machine.pending).toBe(0);
    }),
    { seed: 7, numRuns: 200 },
  );
});
