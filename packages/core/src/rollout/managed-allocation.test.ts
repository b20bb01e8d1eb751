import { describe, expect, test } from 'vitest';
import { memoryStore, ModelControl } from '../control/index.ts';
import type { Exposure } from '../routing/index.ts';
import type { Allocation, ArmRewards, StateStore } from '../spec/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { startAllocation } from './managed-allocation.ts';

const MINUTE = 60_000;
const ARMS = [
  { name: 'v1', hash: 1 },
  { name: 'v2', hash: 2 },
];
const exposure = (assignedHash: number, stage = 0): Exposure =>
  ({ assignedHash, servedHash: assignedHash, stage, at: 0, keyed: true }) as Exposure;

function fleet() {
  const clock = new VirtualClock();
  const store = memoryStore();
  const seen: (readonly ArmRewards[])[] = [];
  let words = 0;
  const join = ({
    reward = 'served',
    lowerIsBetter = false,
    store: own = store,
  }: {
    readonly reward?: Allocation<string>['reward'];
    readonly lowerIsBetter?: boolean;
    readonly store?: StateStore;
  } = {}) => {
    const control = new ModelControl({
      model: 'm',
      variants: ['v1', 'v2'],
      champion: 'v1',
      store: own,
      clock,
      authorize: undefined,
      changed: () => undefined,
      commandRollout: () => {
        throw new Error('there is no rollout');
      },
      refreshMs: 1000,
    });
    const allocation: Allocation<string> = {
      reward,
      everyMs: MINUTE,
      problems: [],
      allocate: (arms) => {
        seen.push(arms);
        return new Map([
          ['v1', 0.25],
          ['v2', 0.75],
        ]);
      },
    };
    const managed = startAllocation({
      model: 'm',
      allocation,
      lowerIsBetter,
      arms: ARMS,
      control,
      store: own,
      clock,
      random: () => 0.5,
      word: () => ++words,
      everyMs: 1000,
    });
    return { managed, control };
  };
  return { clock, store, seen, join };
}

describe('rewards', () => {
  test('of calls are 1 where the assigned variant served, else 0; strangers count for nobody', async () => {
    const { join, seen } = fleet();
    const { managed } = join();
    for (const [variant, served] of [
      ['v1', true],
      ['v1', false],
      ['v2', true],
      ['v9', true],
    ] as const)
      managed.decided(variant, served);
    managed.outcome('d', exposure(1), { minutes: 5 });
    await managed.sync();
    expect(seen).toEqual([
      [
        { name: 'v1', count: 2, sum: 1, sumOfSquares: 1 },
        { name: 'v2', count: 1, sum: 1, sumOfSquares: 1 },
      ],
    ]);
  });

  test('of a KPI come with outcomes of the split alone, turned round where less is better', async () => {
    const { join, seen } = fleet();
    const { managed } = join({ reward: { kpi: 'minutes' }, lowerIsBetter: true });
    managed.decided('v1', true);
    managed.outcome('d1', exposure(1), { minutes: 3 });
    managed.outcome('d2', exposure(2), { minutes: 0, hours: 9 });
    managed.outcome('d3', exposure(2), { hours: 9 });
    managed.outcome('d4', exposure(7), { minutes: 9 });
    managed.outcome('d5', exposure(2, 3), { minutes: 9 });
    await managed.sync();
    expect(seen[0]).toEqual([
      { name: 'v1', count: 1, sum: -3, sumOfSquares: 9 },
      { name: 'v2', count: 1, sum: 0, sumOfSquares: 0 },
    ]);
  });

  test('of all processes are added up, an outcome once wherever it is told', async () => {
    const { join, seen, clock } = fleet();
    const [one, two] = [join({ reward: { kpi: 'minutes' } }), join({ reward: { kpi: 'minutes' } })];
    one.managed.outcome('d1', exposure(1), { minutes: 3 });
    two.managed.outcome('d1', exposure(1), { minutes: 30 });
    two.managed.outcome('d2', exposure(1), { minutes: 4 });
    await one.managed.sync();
    await two.managed.sync();
    await clock.advance(MINUTE);
    await one.managed.sync();
    expect(seen.at(-1)?.[0]).toEqual({ name: 'v1', count: 2, sum: 7, sumOfSquares: 25 });
  });
});

describe('new shares', () => {
  test('are written when they are due, by the first that sees it, and told why', async () => {
    const { join, seen, clock } = fleet();
    const [one, two] = [join(), join()];
    await one.managed.sync();
    await two.managed.sync();
    expect(seen).toHaveLength(1);
    const { document } = one.control.snapshot;
    expect(document.allocated).toEqual({ at: clock.wall(), shares: { v2: 0.75 } });
    expect(document.changed).toEqual({
      command: 'allocation',
      by: 'allocation',
      reason: 'v1 25.0 %, v2 75.0 %',
      at: clock.wall(),
    });
    await clock.advance(MINUTE - 1);
    await two.managed.sync();
    expect(seen).toHaveLength(1);
    await clock.advance(1);
    await two.managed.sync();
    expect(seen).toHaveLength(2);
  });

  test('wait for a store that is away, and nothing is lost meanwhile', async () => {
    const { join, seen, store } = fleet();
    let isAway = true;
    const flaky: StateStore = {
      ...store,
      mergeCounters: (...args) => (isAway ? Promise.reject(new Error('away')) : store.mergeCounters(...args)),
    };
    const { managed } = join({ store: flaky });
    managed.decided('v2', true);
    await managed.sync();
    expect(seen).toEqual([]);
    isAway = false;
    await managed.sync();
    expect(seen[0]?.[1]).toMatchObject({ name: 'v2', count: 1 });
  });
});

describe('the exchange', () => {
  test('is asked for by calls and outcomes, once however many; none without them', async () => {
    const { join, seen, clock } = fleet();
    const { managed } = join({ reward: { kpi: 'minutes' } });
    expect(clock.pending).toBe(0);
    managed.touch();
    managed.touch();
    managed.outcome('d1', exposure(1), { minutes: 3 });
    expect(clock.pending).toBe(1);
    await clock.advance(1000);
    expect([seen.length, clock.pending]).toEqual([1, 0]);
  });

  test('hands over what was counted when it is closed, and asks for no more', async () => {
    const { join, store, clock } = fleet();
    const { managed } = join();
    managed.touch();
    managed.decided('v2', true);
    await managed.close();
    managed.touch();
    expect(clock.pending).toBe(0);
    const [part] = await store.readCounters('allocation/m');
    expect(part?.counters).toMatchObject({ 'v2|count': 1, 'v2|sum': 1, 'v1|count': 0 });
  });

  test('a store that does not take it lets the process end', async () => {
    const { join, store } = fleet();
    const { managed } = join({ store: { ...store, mergeCounters: () => Promise.reject(new Error('away')) } });
    await expect(managed.close()).resolves.toBeUndefined();
  });
});
