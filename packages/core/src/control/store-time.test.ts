import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { memoryStore } from './memory-store.ts';
import { StoreTime } from './store-time.ts';

const HOUR = 3_600_000;

function storeAhead(clock: VirtualClock, aheadMs: () => number) {
  let asked = 0;
  const now = async (): Promise<number> => {
    asked++;
    return clock.wall() + aheadMs();
  };
  return { store: { ...memoryStore(), now }, asked: () => asked };
}

test('F9 the time is that of the store, asked once a minute, however many ask', async () => {
  const clock = new VirtualClock();
  let ahead = 2 * HOUR;
  const { store, asked } = storeAhead(clock, () => ahead);
  const time = new StoreTime(clock, store);
  expect([time.now(), Math.abs(time.aheadMs)]).toEqual([clock.wall(), 0]);
  await Promise.all([time.known(), time.known()]);
  expect([time.now() - clock.wall(), time.aheadMs, asked()]).toEqual([2 * HOUR, -2 * HOUR, 1]);
  ahead = -HOUR;
  await clock.advance(59_999);
  await time.known();
  expect([time.now() - clock.wall(), asked()]).toEqual([2 * HOUR, 1]);
  await clock.advance(1);
  await time.known();
  expect([time.now() - clock.wall(), asked()]).toEqual([-HOUR, 2]);
});

test('F9 an answer that took its time contradicts no clock between question and answer', async () => {
  const clock = new VirtualClock();
  for (const [said, offset] of [
    [400, 0],
    [-100, -100],
    [1300, 300],
  ] as const) {
    const asked = clock.wall();
    const now = async (): Promise<number> => {
      clock.freeze(1000);
      return asked + said;
    };
    const time = new StoreTime(clock, { ...memoryStore(), now });
    await time.known();
    expect(time.now() - clock.wall()).toBe(offset);
  }
});

test('F9 a store that is away, or has no clock, leaves what was known', async () => {
  const clock = new VirtualClock();
  let isAway = false;
  const now = async (): Promise<number> => {
    if (isAway) throw new Error('away');
    return clock.wall() + HOUR;
  };
  const time = new StoreTime(clock, { ...memoryStore(), now });
  await time.known();
  isAway = true;
  await clock.advance(HOUR);
  await time.known();
  expect(time.now() - clock.wall()).toBe(HOUR);
  const { now: _none, ...without } = { ...memoryStore(), now: undefined };
  const own = new StoreTime(clock, without);
  await own.known();
  expect(own.now()).toBe(clock.wall());
});
