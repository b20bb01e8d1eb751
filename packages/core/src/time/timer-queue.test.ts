import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { TimerNode, TimerQueue } from './timer-queue.ts';
import { expiresAt, reserveMs } from './deadline.ts';
import { WallTime } from './wall-time.ts';

class Probe extends TimerNode {
  firedAt = -1;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, expires: number) {
    super();
    this.#clock = clock;
    this.expires = expires;
  }

  override expire(): void {
    this.firedAt = this.#clock.now();
  }
}

test('property: every deadline fires once, not early and at most 4 ms late, removed ones never, and no timer is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ after: fc.integer({ min: 1, max: 20_000 }), remove: fc.boolean() }), { minLength: 1, maxLength: 40 }),
      async (deadlines) => {
        const clock = new VirtualClock(123_456);
        const queue = new TimerQueue(clock);
        const probes = deadlines.map(({ after, remove }) => ({ remove, probe: new Probe(clock, clock.now() + after) }));
        for (const { probe } of probes) queue.add(probe);
        for (const { probe, remove } of probes) if (remove) queue.remove(probe);
        await clock.advance(21_000);
        for (const { probe, remove } of probes) {
          if (remove) expect(probe.firedAt).toBe(-1);
          else {
            expect(probe.firedAt).toBeGreaterThanOrEqual(probe.expires);
            expect(probe.firedAt).toBeLessThanOrEqual(probe.expires + 4);
          }
        }
        expect([queue.size, clock.pending]).toEqual([0, 0]);
      },
    ),
    { seed: 14, numRuns: 30 },
  );
});

test('A19 property: with work of any length before a deadline is added, and idle times between, none waits for a turn of the wheel', async () => {
  const step = fc.record({
    idle: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000 })),
    busy: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9000 })),
    ms: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6000 })),
    remove: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 5000 }), async (steps, start) => {
      const clock = new VirtualClock(start);
      const queue = new TimerQueue(clock);
      const kept: { readonly probe: Probe; readonly due: number }[] = [];
      for (const { idle, busy, ms, remove } of steps) {
        await clock.advance(idle);
        const probe = new Probe(clock, clock.now() + ms);
        clock.freeze(busy);
        queue.add(probe);
        if (remove) queue.remove(probe);
        else kept.push({ probe, due: Math.max(probe.expires, clock.now()) });
      }
      await clock.advance(20_000);
      // A timer of another deadline that was already late by the busy time wakes all that are due.
      const busiest = Math.max(...steps.map(({ busy }) => busy));
      for (const { probe, due } of kept) {
        expect(probe.firedAt).toBeGreaterThanOrEqual(probe.expires);
        expect(probe.firedAt).toBeLessThanOrEqual(due + 4 + busiest);
      }
      const last = steps.at(-1)?.remove === false ? kept.at(-1) : undefined;
      if (last !== undefined) expect(last.probe.firedAt).toBeLessThanOrEqual(last.due + 4);
    }),
    { seed: 19, numRuns: 300 },
  );
});

test('A19 a deadline that has passed when it is added fires at the next turn', async () => {
  const clock = new VirtualClock();
  const queue = new TimerQueue(clock);
  for (const busy of [1, 3, 50, 80, 4096, 100_000]) {
    const probe = new Probe(clock, clock.now() + 1);
    clock.freeze(busy);
    const added = clock.now();
    queue.add(probe);
    await clock.advance(10);
    expect(probe.firedAt - added).toBe(1);
    await clock.advance(busy);
  }
});

test('A19 what expires may add a deadline that has passed', async () => {
  const clock = new VirtualClock();
  const queue = new TimerQueue(clock);
  const late = new Probe(clock, 1004);
  const first = new TimerNode();
  first.expires = 1500;
  first.expire = () => queue.add(late);
  queue.add(first);
  await clock.advance(600);
  expect(late.firedAt).toBeLessThanOrEqual(1505);
});

test('works past 2^31 ms of uptime', async () => {
  const clock = new VirtualClock(2 ** 31 - 5);
  const queue = new TimerQueue(clock);
  const probe = new Probe(clock, clock.now() + 100);
  queue.add(probe);
  await clock.advance(200);
  expect(probe.firedAt - (2 ** 31 - 5)).toBeGreaterThanOrEqual(100);
  expect(probe.firedAt - (2 ** 31 - 5)).toBeLessThanOrEqual(104);
});

test('a node that removes its neighbours while it fires breaks nothing', async () => {
  const clock = new VirtualClock();
  const queue = new TimerQueue(clock);
  const fired: number[] = [];
  const nodes = Array.from({ length: 10 }, (_, index) => {
    const node = new TimerNode();
    node.expires = 1010;
    node.expire = () => {
      fired.push(index);
      if (index === 2) for (const other of [3, 4, 5]) queue.remove(nodes[other] ?? node);
    };
    return node;
  });
  for (const node of nodes) queue.add(node);
  await clock.advance(100);
  expect(fired).toEqual([0, 1, 2, 6, 7, 8, 9]);
});

test('property: what fires may remove any other or give it another time, and every deadline still fires once', async () => {
  const step = fc.record({
    after: fc.integer({ min: 1, max: 40 }),
    turns: fc.integer({ min: 0, max: 2 }),
    other: fc.nat(29),
    does: fc.constantFrom('nothing', 'removes', 'moves'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 30 }), async (steps) => {
      const clock = new VirtualClock();
      const queue = new TimerQueue(clock);
      const removed = new Set<Probe>();
      const fired: Probe[] = [];
      const probes = steps.map(({ after, turns, does, other }) => {
        const probe = new Probe(clock, after + turns * 4096);
        probe.expire = () => {
          fired.push(probe);
          const neighbour = probes[other % probes.length];
          if (neighbour === undefined || neighbour.nextTimer === undefined || does === 'nothing') return;
          queue.remove(neighbour);
          if (does === 'removes') return void removed.add(neighbour);
          neighbour.expires += 4104;
          queue.add(neighbour);
        };
        return probe;
      });
      for (const probe of probes) queue.add(probe);
      await clock.advance(40 + 33 * 4104);
      expect(new Set(fired).size).toBe(fired.length);
      expect(fired.length).toBe(probes.length - removed.size);
      expect([queue.size, clock.pending]).toEqual([0, 0]);
    }),
    { seed: 15, numRuns: 100 },
  );
});

test('deadlines', () => {
  expect([10_000, 200, 4, 1].map(reserveMs)).toEqual([50, 40, 0, 0]);
  expect(expiresAt(1000.7, 10.2)).toBe(1012);
});

test('the wall clock at a monotonic moment follows a step within a second', () => {
  const clock = new VirtualClock(1000, 5000);
  const wall = new WallTime(clock);
  expect(wall.at(1000)).toBe(5000);
  clock.stepWall(60_000);
  expect(wall.at(1500)).toBe(5500);
  clock.freeze(1000);
  expect(wall.at(2000)).toBe(66_000);
});
