import { describe, expect, test } from 'vitest';
import type { RolloutState } from '../control/rollout-state.ts';
import type { CounterPart } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { AgreedTime, CLOCK } from './agreed-time.ts';
import { draft } from './lifecycle.ts';

const HOUR = 3_600_000;
const WALL = 1_000_000_000;

/** Processes whose clocks are ahead by so much, looking at each other. */
function world(...aheadMs: readonly number[]) {
  const processes = aheadMs.map((ahead, index) => {
    const clock = new VirtualClock(1000 * index, WALL + ahead);
    return { clock, name: `p${index}`, time: new AgreedTime(clock, 1000) };
  });
  const parts = (): CounterPart[] =>
    processes.map(({ clock, name }) => ({ instance: name, sequence: 1, counters: { [CLOCK]: clock.wall() } }));
  const pass = async (ms: number): Promise<void> => {
    for (const { clock } of processes) await clock.advance(ms);
    for (const { time, name } of processes) time.look(parts(), name);
  };
  return { processes, parts, pass, times: () => processes.map(({ time }) => time) };
}

describe('F9 one clock that is wrong', () => {
  test('of a process by itself is the time', () => {
    const { processes } = world(5 * HOUR);
    expect(processes[0]?.time.now()).toBe(WALL + 5 * HOUR);
    expect(processes[0]?.time.skewMs).toBe(0);
  });

  test.each([
    ['ahead, of two', [0, 2 * HOUR], 0, [0, 2 * HOUR]],
    ['ahead, of three', [0, 1000, 2 * HOUR], 1000, [0, 0, 2 * HOUR]],
    ['behind, of three', [0, 1000, -2 * HOUR], 0, [0, 0, -2 * HOUR]],
    ['a few seconds apart', [0, 4000], 0, [0, 0]],
  ])('%s', async (_, ahead, agreed, skews) => {
    const { pass, times } = world(...ahead);
    await pass(1000);
    await pass(1000);
    for (const time of times()) expect(Math.abs(time.now() - (WALL + 2000 + agreed))).toBeLessThanOrEqual(1000);
    for (const [index, time] of times().entries())
      expect(Math.abs(time.skewMs - (skews[index] ?? NaN))).toBeLessThanOrEqual(2000);
  });

  test('of another that was heard once, seconds after it spoke, takes nothing from the time', async () => {
    const clock = new VirtualClock(0, WALL);
    const time = new AgreedTime(clock, 1000);
    time.look(
      ['p1', 'p2'].map((instance) => ({ instance, sequence: 1, counters: { [CLOCK]: WALL - 900 } })),
      'own',
    );
    expect(time.now()).toBe(WALL);
    await clock.advance(1000);
    expect(time.now()).toBe(WALL + 1000);
  });

  test('of others is heard late after an outage, and nobody takes that for a clock that is wrong', async () => {
    const { processes, parts, pass } = world(0, 300, -200);
    await pass(1000);
    await pass(1000);
    const [own] = processes;
    const stale = parts();
    for (const { clock } of processes) await clock.advance(10_000);
    // The first look after the outage finds what was handed over before it, and the words of who was quicker.
    own?.time.look([...stale.slice(0, 2), ...parts().slice(2)], 'p0');
    expect(own?.time.now()).toBe(WALL + 12_000);
    own?.time.look(parts(), 'p0');
    expect(own?.time.now()).toBe(WALL + 12_000);
    expect(own?.time.skewMs).toBe(0);
  });

  test('of a process that came while nobody could look is heard for the first time, seconds old', async () => {
    const clock = new VirtualClock(0, WALL);
    const time = new AgreedTime(clock, 1000);
    time.look([], 'own');
    await clock.advance(12_000);
    time.look(
      ['p1', 'p2'].map((instance) => ({ instance, sequence: 1, counters: { [CLOCK]: WALL + 500 } })),
      'own',
    );
    expect(time.now()).toBe(WALL + 12_000);
  });

  test('of processes that are gone is heard no more after five minutes, although their words are still read', async () => {
    const clock = new VirtualClock(0, WALL + 2 * HOUR);
    const time = new AgreedTime(clock, 1000);
    const gone: CounterPart[] = [{ instance: 'gone', sequence: 9, counters: { [CLOCK]: WALL } }];
    time.look([], 'own');
    time.look(gone, 'own');
    expect(time.now()).toBe(WALL);
    for (let second = 0; second < 299; second++) {
      await clock.advance(1000);
      time.look(gone, 'own');
    }
    expect(time.now()).toBe(WALL + 299_000);
    await clock.advance(1000);
    time.look(gone, 'own');
    expect(time.now()).toBe(WALL + 2 * HOUR + 300_000);
  });

  test('is not believed at its first look either, where others may be there; those that are gone are forgotten', async () => {
    const clock = new VirtualClock(0, WALL + 2 * HOUR);
    const late = new AgreedTime(clock, 1000);
    const gone: CounterPart[] = [{ instance: 'gone', sequence: 9, counters: { [CLOCK]: WALL } }];
    late.look(gone, undefined);
    expect(late.now()).toBe(WALL);
    expect(late.skewMs).toBe(0);
    await clock.advance(29_000);
    late.look(gone, 'own');
    expect(late.now()).toBe(WALL + 29_000);
    await clock.advance(1000);
    late.look(gone, 'own');
    expect(late.now()).toBe(WALL + 2 * HOUR + 30_000);
  });
});

describe('F9 a moment that another process stamped', () => {
  const state = (changes: Partial<RolloutState>): RolloutState => ({
    ...draft('b@1 over a@1', 1, WALL, 'release', ''),
    phase: 'canary',
    ...changes,
  });

  test('in the future is when it was first seen', async () => {
    const { processes, pass } = world(0);
    const time = processes[0]?.time ?? new AgreedTime(new VirtualClock(), 1000);
    await pass(0);
    const stamped = state({ enteredAt: WALL + 2 * HOUR });
    expect(time.bounded(stamped).enteredAt).toBe(WALL);
    await pass(HOUR);
    expect(time.bounded(stamped).enteredAt).toBe(WALL);
  });

  test('is no older than the look before it was seen, where this process was watching', async () => {
    const { processes, pass } = world(0);
    const time = processes[0]?.time ?? new AgreedTime(new VirtualClock(), 1000);
    time.bounded(state({ enteredAt: WALL }));
    await pass(HOUR);
    time.bounded(state({ enteredAt: WALL }));
    await pass(1000);
    const next = state({ enteredAt: WALL - 2 * HOUR, stages: [{ weight: 500, reached: 0 }] });
    expect(time.bounded(next).enteredAt).toBe(WALL + HOUR);
  });

  test('of a stage that began before this process did stays', () => {
    const { processes } = world(0);
    const old = state({ enteredAt: WALL - 5 * HOUR });
    expect(processes[0]?.time.bounded(old)).toBe(old);
  });
});
