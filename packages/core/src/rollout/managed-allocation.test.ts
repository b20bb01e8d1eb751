import { describe, expect, test } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import { ModelControl } from '../control/model-control.ts';
import type { Exposure } from '../routing/decision-id.ts';
import type { Allocation, ArmRewards, StateStore } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { ManagedAllocation } from './managed-allocation.ts';
import { RewardBlocks, rewardsOf } from './reward-blocks.ts';

const MINUTE = 60_000;
const NO_UNIT = '0000000000';
const ARMS = [
  { name: 'v1', hash: 1 },
  { name: 'v2', hash: 2 },
];
const exposure = (assignedHash: number, stage = 0): Exposure =>
  ({ assignedHash, servedHash: assignedHash, stage, at: 0, keyed: true, unitHash: NO_UNIT }) as Exposure;

/** A minute makes them older by one in ten thousand. */
const about = (name: string, count: number, sum: number, sumOfSquares: number): object => ({
  name,
  count: expect.closeTo(count, 2),
  sum: expect.closeTo(sum, 2),
  sumOfSquares: expect.closeTo(sumOfSquares, 2),
});

function fleet() {
  const clock = new VirtualClock();
  const store = memoryStore();
  const seen: (readonly ArmRewards[])[] = [];
  const failures: unknown[][] = [];
  let words = 0;
  const join = ({
    reward = 'served',
    lowerIsBetter = false,
    store: own = store,
    allocate,
  }: {
    readonly allocate?: Allocation<string>['allocate'];
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
      allocate:
        allocate ??
        ((arms) => {
          seen.push(arms);
          return new Map([
            ['v1', 0.25],
            ['v2', 0.75],
          ]);
        }),
    };
    const managed = new ManagedAllocation({
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
      failed: (...failure) => void failures.push(failure),
    });
    return { managed, control };
  };
  return { clock, store, seen, join, failures };
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
      managed.decided(variant, served, NO_UNIT);
    managed.outcome('d', exposure(1), { minutes: 5 });
    await managed.sync();
    expect(seen).toEqual([[about('v1', 2, 1, 1), about('v2', 1, 1, 1)]]);
  });

  test('of a KPI come with outcomes of the split alone, turned round where less is better', async () => {
    const { join, seen } = fleet();
    const { managed } = join({ reward: { kpi: 'minutes' }, lowerIsBetter: true });
    managed.decided('v1', true, NO_UNIT);
    managed.outcome('d1', exposure(1), { minutes: 3 });
    managed.outcome('d2', exposure(2), { minutes: 0, hours: 9 });
    managed.outcome('d3', exposure(2), { hours: 9 });
    managed.outcome('d4', exposure(7), { minutes: 9 });
    managed.outcome('d5', exposure(2, 3), { minutes: 9 });
    await managed.sync();
    expect(seen[0]).toEqual([about('v1', 1, -3, 9), about('v2', 1, 0, 0)]);
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
    expect(seen.at(-1)?.[0]).toEqual(about('v1', 2, 7, 25));
  });
});

describe('G15 rewards', () => {
  test('of a unit count once in a half-life, in whichever process', async () => {
    const { join, seen, clock } = fleet();
    const [one, two] = [join(), join()];
    for (const { managed } of [one, two]) for (const unit of ['aa', 'bb', 'aa', 'aa']) managed.decided('v1', unit === 'aa', unit);
    await one.managed.sync();
    await two.managed.sync();
    expect(seen.at(-1)?.[0]).toEqual(about('v1', 2, 1, 1));
    await clock.advance(14 * 24 * 60 * MINUTE);
    two.managed.decided('v1', true, 'aa');
    await two.managed.sync();
    // The two of before count a quarter each by now.
    expect(seen.at(-1)?.[0]).toEqual(about('v1', 1.5, 1.25, 1.25));
  });

  test('that fell for all arms while one of them had most of the traffic are no fault of the other', () => {
    const blocks = new RewardBlocks(['a', 'b'], MINUTE, 1e12);
    const add = (name: string, good: number, count: number, at: number): void => {
      for (let index = 0; index < count; index++) blocks.add(name, index < good ? 1 : 0, at);
    };
    // 50 % against 60 % while a has nine tenths, 10 % against 20 % while b has.
    add('a', 450, 900, 0);
    add('b', 60, 100, 0);
    add('a', 10, 100, MINUTE);
    add('b', 180, 900, MINUTE);
    const part = { instance: 'i', sequence: 1, counters: blocks.counters(2 * MINUTE) };
    const [a, b] = rewardsOf([part], ['a', 'b'], 1e12, 2 * MINUTE);
    const mean = (arm: typeof a): number => (arm?.sum ?? NaN) / (arm?.count ?? NaN);
    expect(mean(b) - mean(a)).toBeCloseTo(0.1, 6);
    // As many as a difference is known from: 90 + 90 of either, as 1/n + 1/m says.
    expect(1 / (a?.count ?? NaN) + 1 / (b?.count ?? NaN)).toBeCloseTo(1 / 180, 6);
    // Pooled, a looks better: 460 of 1,000 against 240 of 1,000.
    expect(part.counters).toMatchObject({ 'a|sum': expect.closeTo(460, 3), 'b|sum': expect.closeTo(240, 3) });
  });

  test('one whose square is no number is left out', () => {
    const blocks = new RewardBlocks(['a'], MINUTE, 1e12);
    for (const reward of [1, 1e200, NaN, Infinity, 2]) blocks.add('a', reward, 0);
    expect(blocks.counters(0)).toMatchObject({ 'a|count': 2, 'a|sum': 3 });
  });
});

test('B8 an allocate that throws, or says nonsense, leaves the shares as they are and is told as what it is', async () => {
  for (const allocate of [
    () => {
      throw new Error('my bug');
    },
    () => new Map([['v1', 1]]),
    () =>
      new Map([
        ['v1', NaN],
        ['v2', 1],
      ]),
    () => undefined as never,
  ]) {
    const { join, failures } = fleet();
    const { managed, control } = join({ allocate });
    managed.decided('v1', true, NO_UNIT);
    await managed.sync();
    expect(control.snapshot.document.allocated).toBeNull();
    expect(failures).toEqual([['allocate', expect.any(Error)]]);
  }
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
    managed.decided('v2', true, NO_UNIT);
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
    managed.decided('v2', true, NO_UNIT);
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
