import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { memoryStore } from '../control/memory-store.ts';
import { agreement } from '../rollout/gates/agreement.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { gate } from '../rollout/gates/gate.ts';
import { kpi } from '../rollout/gates/kpi.ts';
import { quality } from '../rollout/gates/quality.ts';
import { slowCalls } from '../rollout/gates/slow-calls.ts';
import { spend } from '../rollout/gates/spend.ts';
import { thompson } from '../rollout/thompson.ts';
import type { IdSigner } from '../routing/decision-id.ts';
import { murmur3 } from '../statistics/sketches/murmur3.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { defineModel } from '../runtime/define-model.ts';
import type { StateStore } from '../types/index.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { usageOf } from '../../tests/support/usage.ts';

const MINUTE = 60_000;
/** Calls between two moves of the clock. */
const BATCH = 20;
const BY = { by: { id: 'ana', roles: ['model-owner'] }, reason: 'seen enough' };
const input = z.object({ x: z.number() });
const output = z.object({ y: z.number() });
const contract = { name: 'm', input, output, kpis: { minutes: { better: 'higher' } } } as const;

const signer = (key: string): IdSigner => ({
  keyed: true,
  seal: (body) => Uint8Array.from({ length: 7 }, (_, index) => murmur3(`${key}/${index}/${body.join()}`)),
});

interface Fleet {
  readonly clock: VirtualClock;
  readonly store: StateStore;
  readonly random: () => number;
}

function fleet(store: StateStore = memoryStore({ acceptLoss: true })): Fleet {
  return { clock: new VirtualClock(), store, random: seededRandom(7) };
}

const ROLLOUT = {
  challenger: 'v2',
  canaryShares: [0.05, 0.25, 0.5],
  bakeMs: 10 * MINUTE,
  cooldownMs: 60 * MINUTE,
  gates: [errorRate({ maxRatio: 1.5, negligibleRate: 0 })],
} as const;

type Options = Parameters<typeof define>[1];

/** One process of the fleet; `failing` are the failure rates of champion and challenger. */
function define(
  { clock, store, random }: Fleet,
  {
    failing = [0.1, 0.1],
    version = '2',
    rollout = {},
    champion = 'v1',
  }: {
    readonly failing?: readonly [number, number];
    readonly version?: string;
    readonly rollout?: object;
    readonly champion?: 'v1' | 'v2';
  } = {},
) {
  const sink = fakeSink();
  const understudy = createUnderstudy({ clock, store, random, sinks: [sink], signer: signer('key') });
  const predictor = (y: number, rate: number) => () => {
    if (random() < rate) throw new Error('down');
    return { y };
  };
  const model = understudy.defineModel(contract, {
    variants: {
      v1: { predictor: predictor(1, failing[0]), version: '1' },
      v2: { predictor: predictor(2, failing[1]), version },
    },
    champion,
    rollout: { ...ROLLOUT, ...(champion === 'v2' ? { challenger: 'v1' } : {}), ...rollout },
  });
  return { model, understudy, sink };
}

/** Calls of units in turn over `minutes`, over all processes. */
async function traffic(
  { clock }: Fleet,
  processes: readonly ReturnType<typeof define>[],
  minutes: number,
  perMinute = 300,
  unit: (index: number) => string | undefined = (index) => `unit-${index}`,
  start = 0,
): Promise<number> {
  let index = start;
  const step = MINUTE / perMinute;
  for (let made = 0; made < minutes * perMinute; made++) {
    const name = unit(index);
    const { model } = processes[index++ % processes.length] ?? { model: undefined };
    await model?.predict({ x: 1 }, name === undefined ? {} : { unit: name }).catch(() => undefined);
    if (made % BATCH === BATCH - 1) await clock.advance(step * BATCH);
  }
  return index;
}

const stagesOf = ({ sink }: ReturnType<typeof define>): readonly string[] => sink.ofType('rollout-changed').map(({ to }) => to);

describe('a rollout', () => {
  test('brings an equal challenger through every stage to champion with holdback', async () => {
    const world = fleet();
    const one = define(world, { failing: [0.3, 0.3] });
    await traffic(world, [one], 100);
    await one.understudy.flush();
    expect(stagesOf(one)).toEqual(['draft', 'canary 5 %', 'canary 25 %', 'canary 50 %', 'champion 98 %']);
    const { rollout, variants } = one.model.status();
    expect(rollout).toMatchObject({ phase: 'champion', share: 0.98, blocked: { cause: 'holdback' } });
    expect(variants).toMatchObject({
      v1: { share: expect.closeTo(0.02) },
      v2: { share: expect.closeTo(0.98), role: 'challenger' },
    });
    expect(JSON.parse(JSON.stringify(rollout))).toEqual(rollout);
  });

  test('rolls back one that fails three times as often, at the first canary, and keeps it off through its cooldown', async () => {
    const world = fleet();
    const one = define(world, { failing: [0.05, 0.15] });
    let index = await traffic(world, [one], 30);
    await one.understudy.flush();
    expect(stagesOf(one)).toEqual(['draft', 'canary 5 %', 'rolled-back']);
    expect(one.sink.ofType('rollout-changed').at(-1)).toMatchObject({
      by: 'rollout',
      share: 0,
      challenger: 'v2',
      reason: expect.stringContaining('errorRate: the challenger is worse'),
    });
    const served = one.model.status().variants['v2']?.served;
    index = await traffic(world, [one], 2, 600, undefined, index);
    expect(one.model.status().variants['v2']?.served).toBe(served);
    await expect(one.model.control.rollout.resume(BY)).rejects.toMatchObject({ code: 'CONTROL_CONFLICT' });
    await world.clock.advance(60 * MINUTE);
    await one.model.control.rollout.resume(BY);
    await traffic(world, [one], 1, 600, undefined, index);
    const { id, history } = one.model.status().rollout ?? {};
    expect([id, history?.slice(3, 5).map(({ to, by }) => [to, by])]).toEqual([
      'v2@2 over v1@1 #2',
      [
        ['draft', 'ana'],
        ['canary 5 %', 'rollout'],
      ],
    ]);
  });

  test('a rescued challenger is rescued by the champion first, and the failure counts against the challenger', async () => {
    const world = fleet();
    const one = define(world, { failing: [0, 1], rollout: { canaryShares: [0.5] } });
    const decisions = [];
    await one.understudy.ready();
    await one.model.predict({ x: 1 }, { unit: 'first' });
    await world.clock.advance(2000);
    for (let index = 0; index < 200; index++) decisions.push(await one.model.predict({ x: 1 }, { unit: `u${index}` }));
    const rescued = decisions.filter(({ assigned }) => assigned === 'v2');
    expect(rescued.length).toBeGreaterThan(70);
    expect(rescued.every(({ servedBy, degraded }) => 'variant' in servedBy && servedBy.variant === 'v1' && degraded)).toBe(true);
    await world.clock.advance(2000);
    await one.model.predict({ x: 1 });
    await world.clock.advance(2000);
    expect(one.model.status().rollout?.phase).toBe('rolled-back');
  });

  test('three processes make every transition once, and agree on every unit', async () => {
    const world = fleet();
    const processes = [0, 1, 2].map(() => define(world, { failing: [0.3, 0.3] }));
    await Promise.all(processes.map(({ understudy }) => understudy.ready()));
    await traffic(world, processes, 100);
    await Promise.all(processes.map(({ understudy }) => understudy.flush()));
    const all = processes.flatMap(stagesOf);
    expect(all.toSorted()).toEqual(['canary 25 %', 'canary 5 %', 'canary 50 %', 'champion 98 %', 'draft']);
    const [a, b, c] = processes.map(({ model }) =>
      Array.from({ length: 500 }, (_, index) => model.assignmentOf(`unit-${index}`).variant),
    );
    expect(a).toEqual(b);
    expect(a).toEqual(c);
  });

  test('a unit counts once a stage, in whichever process it comes back', async () => {
    const world = fleet();
    const processes = [define(world), define(world)];
    await Promise.all(processes.map(({ understudy }) => understudy.ready()));
    await traffic(world, processes, 5, 600, (index) => `returning-${index % 101}`);
    const { units } = processes[0]?.model.status().rollout ?? { units: { champion: 0, challenger: 0 } };
    expect(units.champion + units.challenger).toBe(101);
  });

  test('waits for its bake time, its minimum sample and the proof of every gate, and says for which', async () => {
    const world = fleet();
    const one = define(world, { rollout: { minUnits: 100 } });
    await traffic(world, [one], 1, 60);
    expect(one.model.status().rollout?.blocked?.cause).toBe('bake');
    await traffic(world, [one], 11, 60, undefined, 1000);
    expect(one.model.status().rollout?.blocked).toMatchObject({
      cause: 'sample',
      reason: expect.stringMatching(/^\d+ of 100 units/),
    });
    await traffic(world, [one], 6, 600, undefined, 5000);
    expect(one.model.status().rollout?.blocked?.cause).toBe('errorRate');
    const [reading] = one.model.status().rollout?.gates ?? [];
    expect(reading).toMatchObject({ gate: 'errorRate', required: true, verdict: 'hold', estimate: expect.any(Number) });
  });

  test('advances on nothing while its store is away, serves on, and goes on afterwards', async () => {
    const inner = memoryStore({ acceptLoss: true });
    let down = false;
    const guard =
      <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (down) throw new Error('store down');
        return work(...args);
      };
    const { watch: _none, ...rest } = inner;
    const store: StateStore = {
      ...rest,
      volatile: false,
      read: guard(inner.read),
      compareAndSet: guard(inner.compareAndSet),
      mergeCounters: guard(inner.mergeCounters),
      readCounters: guard(inner.readCounters),
      claim: guard(inner.claim),
    };
    const world = fleet(store);
    const one = define(world, { failing: [0.3, 0.3] });
    await one.understudy.ready();
    await traffic(world, [one], 5);
    const before = one.model.status().rollout;
    expect(before).toMatchObject({ phase: 'canary', share: 0.05 });
    down = true;
    const index = await traffic(world, [one], 20, 300, undefined, 10_000);
    const during = one.model.status();
    expect(during.rollout).toMatchObject({ phase: 'canary', share: 0.05, storeFailure: expect.stringContaining('store down') });
    expect(during.rollout?.evidence.waiting).toBeGreaterThan(5000);
    down = false;
    await traffic(world, [one], 100, 300, undefined, index);
    expect(one.model.status().rollout).toMatchObject({ phase: 'champion', storeFailure: null });
    expect(one.model.status().rollout?.evidence.waiting).toBeLessThan(100);
  });

  test('asks for an approval when it alone is missing', async () => {
    const world = fleet();
    const one = define(world, { rollout: { approval: 'manual', canaryShares: [0.5] } });
    await traffic(world, [one], 1);
    await expect(one.model.control.rollout.approve(BY)).rejects.toMatchObject({ code: 'CONTROL_CONFLICT' });
    await traffic(world, [one], 60, 600, undefined, 1000);
    expect(one.model.status().rollout).toMatchObject({ phase: 'canary', approval: 'awaited', blocked: { cause: 'approval' } });
    await one.model.control.rollout.approve(BY);
    await traffic(world, [one], 1, 600, undefined, 100_000);
    await one.understudy.flush();
    expect(stagesOf(one)).toEqual([
      'draft',
      'canary 50 %',
      'canary 50 %, awaiting approval',
      'canary 50 %, approved',
      'champion 98 %',
    ]);
    expect(one.sink.ofType('control-changed')).toMatchObject([{ command: 'rollout-approve', by: 'ana' }]);
  });

  test('a pin, a pause and an isolated challenger freeze it', async () => {
    const world = fleet();
    const one = define(world, { failing: [0, 1], rollout: { canaryShares: [0.5] } });
    await one.understudy.ready();
    await one.understudy.ready();
    await one.model.control.isolate('v2', BY);
    await traffic(world, [one], 5);
    expect(one.model.status().rollout).toMatchObject({ phase: 'canary', blocked: { cause: 'kill-switch' } });
    expect((await one.model.predict({ x: 1 }, { unit: 'u1' })).assigned).toBe('v1');
  });

  test('an operator holds, resumes, promotes and rolls back', async () => {
    const world = fleet();
    const one = define(world);
    await traffic(world, [one], 1);
    await one.model.control.rollout.hold(BY);
    await traffic(world, [one], 60);
    expect(one.model.status().rollout).toMatchObject({ share: 0.05, held: 'seen enough', blocked: { cause: 'operator' } });
    await one.model.control.rollout.resume(BY);
    await one.model.control.rollout.promote(BY);
    expect(one.model.status().rollout).toMatchObject({ phase: 'canary', share: 0.25, held: null });
    await one.model.control.rollout.rollBack(BY);
    expect(one.model.status().rollout).toMatchObject({ phase: 'rolled-back', share: 0 });
    expect(one.model.status().rollout?.history.at(-1)).toMatchObject({ by: 'ana', reason: 'seen enough', to: 'rolled-back' });
  });

  test('a new version begins again; processes of the release before serve the champion and touch nothing', async () => {
    const world = fleet();
    const old = define(world);
    await traffic(world, [old], 1);
    const next = define(world, { version: '3' });
    await next.understudy.ready();
    await traffic(world, [old, next], 20);
    expect(old.model.status().rollout).toBeUndefined();
    expect(next.model.status().rollout).toMatchObject({ id: 'v2@3 over v1@1 #2', phase: 'canary' });
    expect(old.model.assignmentOf('unit-1')).toMatchObject({ variant: 'v1', reason: 'champion' });
    await old.understudy.flush();
    expect(stagesOf(old)).toEqual(['draft', 'canary 5 %']);
  });

  test('forced calls, calls of a limit, and cancelled calls are no evidence', async () => {
    const world = fleet();
    const one = define(world, { failing: [0, 1], rollout: { canaryShares: [0.5] } });
    await one.understudy.ready();
    await one.understudy.ready();
    const before = one.model.status().rollout?.units;
    for (let index = 0; index < 300; index++) await one.model.predict({ x: 1 }, { force: 'v2' }).catch(() => undefined);
    const abort = new AbortController();
    abort.abort(new Error('gone'));
    for (let index = 0; index < 300; index++)
      await one.model.predict({ x: 1 }, { unit: `a${index}`, signal: abort.signal }).catch(() => undefined);
    await world.clock.advance(3000);
    expect(one.model.status().rollout).toMatchObject({ phase: 'canary', units: before });
  });
});

test('calls that end after the last call has begun are handed over, without another call', async () => {
  const { clock, store, random } = fleet();
  const understudy = createUnderstudy({ clock, store, random, signer: signer('key') });
  const release = Promise.withResolvers<void>();
  let slow = false;
  const predictor = async (): Promise<{ y: number }> => {
    if (slow) await release.promise;
    return { y: 1 };
  };
  const model = understudy.defineModel(contract, {
    variants: { v1: { predictor, version: '1' }, v2: { predictor, version: '2' } },
    champion: 'v1',
    rollout: { ...ROLLOUT, canaryShares: [0.5] },
  });
  await understudy.ready({ timeoutMs: 1000 });
  await model.predict({ x: 1 });
  await clock.advance(5000);
  slow = true;
  const calls = Array.from({ length: 20 }, (_, index) => model.predict({ x: 1 }, { unit: `late ${index}` }));
  await clock.advance(5000);
  release.resolve();
  await Promise.all(calls);
  await clock.advance(5000);
  const { evidence, units } = model.status().rollout ?? {};
  expect(evidence?.waiting).toBe(0);
  expect((units?.champion ?? 0) + (units?.challenger ?? 0)).toBeGreaterThanOrEqual(20);
});

describe('outcomes of a rollout', () => {
  const loss = quality<{ x: number }, { y: number }, { y: number }>({
    score: (decision, truth) => (decision.output.y === truth.y ? 1 : 0),
    maxLoss: 0.1,
    range: [0, 1],
  });

  async function judged(options: Options, minutes: number, tell: (index: number, y: number) => object, store?: StateStore) {
    const world = fleet(store);
    const one = define(world, { failing: [0, 0], ...options });
    await one.understudy.ready();
    for (let index = 0; index < minutes * 300; index++) {
      const decision = await one.model.predict({ x: 1 }, { unit: `unit-${index}` });
      await one.model.recordOutcome(decision.id, tell(index, decision.output.y) as { truth: { y: number } });
      if (index % BATCH === BATCH - 1) await world.clock.advance(200 * BATCH);
    }
    return { world, one };
  }

  test('a truth that says the challenger is wrong rolls it back', async () => {
    const { one } = await judged({ rollout: { gates: [loss], canaryShares: [0.2] } }, 20, () => ({ truth: { y: 1 } }));
    expect(one.model.status().rollout).toMatchObject({ phase: 'rolled-back' });
    expect(one.model.status().rollout?.history.at(-1)?.reason).toContain('quality: the challenger is worse');
  });

  test('a truth that says both are right promotes it', async () => {
    const { one } = await judged({ rollout: { gates: [loss], canaryShares: [0.2, 0.5] } }, 60, (_, y) => ({ truth: { y } }));
    expect(one.model.status().rollout).toMatchObject({ phase: 'champion' });
  });

  test('a KPI decides by its direction, with and without a range', async () => {
    for (const range of [[0, 100], undefined] as const) {
      const gates = [kpi('minutes', { maxLoss: 5, ...(range === undefined ? {} : { range }) })];
      const worse = await judged({ rollout: { gates, canaryShares: [0.3] } }, 20, (index, y) => ({
        kpi: { minutes: (y === 1 ? 50 : 30) + (index % 7) },
      }));
      expect(worse.one.model.status().rollout).toMatchObject({ phase: 'rolled-back' });
      const better = await judged({ rollout: { gates, canaryShares: [0.3] } }, 30, (index, y) => ({
        kpi: { minutes: (y === 1 ? 50 : 55) + (index % 7) },
      }));
      expect(better.one.model.status().rollout).toMatchObject({ phase: 'champion' });
    }
  });

  test('forged and repeated outcomes, and those of another key, change no verdict', async () => {
    const { one, world } = await judged({ rollout: { gates: [loss], canaryShares: [0.2] } }, 5, (_, y) => ({ truth: { y } }));
    await world.clock.advance(3000);
    const before = one.model.status().rollout?.gates;
    const other = createUnderstudy({ clock: world.clock, store: memoryStore({ acceptLoss: true }), signer: signer('another') });
    const forger = other.defineModel(contract, {
      variants: { v1: { predictor: () => ({ y: 1 }), version: '1' }, v2: { predictor: () => ({ y: 2 }), version: '2' } },
      champion: 'v1',
      rollout: { ...ROLLOUT, canaryShares: [0.2] },
    });
    const decision = await one.model.predict({ x: 1 }, { unit: 'unit-1' });
    const twin = define(world, { failing: [0, 0], rollout: { gates: [loss], canaryShares: [0.2] } });
    await twin.understudy.ready();
    for (let index = 0; index < 300; index++) {
      const forged = await forger.predict({ x: 1 }, { unit: `f${index}` });
      expect(await one.model.recordOutcome(forged.id, { truth: { y: 9 } })).toBe('forged');
      // A unit that was counted before, told again by another process, with the decision passed along.
      await twin.model.recordOutcome(decision.id, { truth: { y: 9 }, decision });
    }
    await world.clock.advance(3000);
    await twin.model.predict({ x: 1 }, { unit: 'unit-1' });
    await world.clock.advance(3000);
    expect(twin.model.status().rollout?.gates).toEqual(before);
  });

  test('immature cohorts wait, and a truth that came too late is none', async () => {
    const DAY = 24 * 60 * MINUTE;
    const late = quality<{ x: number }, { y: number }, { y: number }>({
      score: (decision, truth) => (decision.output.y === truth.y ? 1 : 0),
      maxLoss: 0.1,
      range: [0, 1],
      maturityMs: DAY,
    });
    const { one, world } = await judged({ rollout: { gates: [late], canaryShares: [0.2], maxBakeMs: 100 * DAY } }, 10, () => ({
      truth: { y: 1 },
    }));
    expect(one.model.status().rollout?.gates[0]).toMatchObject({ champion: 0, challenger: 0 });
    const overdue = await one.model.predict({ x: 1 }, { unit: 'overdue' });
    await world.clock.advance(2 * DAY);
    expect(await one.model.recordOutcome(overdue.id, { truth: { y: 1 } })).toBe('counted');
    await one.model.predict({ x: 1 });
    await world.clock.advance(3000);
    const { phase, gates } = one.model.status().rollout ?? {};
    expect([phase, (gates?.[0]?.champion ?? 0) + (gates?.[0]?.challenger ?? 0)]).toEqual(['rolled-back', 3000]);
  });
});

describe('the shadow stage', () => {
  test('pairs decide before any unit is moved', async () => {
    const world = fleet();
    const gates = [agreement({ minAgreement: 0.9 }), errorRate({ maxRatio: 1.5 })];
    const shadow = { minPairs: 200 };
    const sink = fakeSink();
    const build = (y: number, store: StateStore) => {
      const understudy = createUnderstudy({ ...world, store, sinks: [sink], signer: signer('key') });
      return understudy.defineModel(
        { ...contract, target: { kind: 'number', field: 'y' } },
        {
          variants: { v1: { predictor: () => ({ y: 1 }), version: '1' }, v2: { predictor: () => ({ y }), version: '2' } },
          champion: 'v1',
          rollout: { ...ROLLOUT, gates, shadow },
        },
      );
    };
    for (const [y, phase] of [
      [1, 'canary'],
      [2, 'rolled-back'],
    ] as const) {
      const model = build(y, memoryStore({ acceptLoss: true }));
      for (let index = 0; index < 900; index++) {
        await model.predict({ x: 1 }, { unit: `unit-${index}` });
        await world.clock.advance(1000);
      }
      expect(model.status().rollout).toMatchObject({ phase });
      if (phase === 'rolled-back') expect(model.status().variants['v2']?.served).toBe(0);
    }
  });

  test('the truth of a pair compares both outputs', async () => {
    const world = fleet();
    const better = quality<{ x: number }, { y: number }, { y: number }>({
      score: (decision, truth) => -Math.abs(decision.output.y - truth.y),
      maxLoss: 0.2,
      range: [-2, 0],
    });
    const one = define(world, { failing: [0, 0], rollout: { gates: [better], shadow: { minPairs: 100 } } });
    for (let index = 0; index < 900; index++) {
      const decision = await one.model.predict({ x: 1 }, { unit: `unit-${index}` });
      await world.clock.advance(1000);
      await one.model.recordOutcome(decision.id, { truth: { y: 2 } });
    }
    expect(one.model.status().rollout?.history.map(({ to }) => to)).toEqual(['draft', 'shadow', 'canary 5 %']);
  });
});

describe('more gates', () => {
  const tokens = (total: number) => ({ usage: usageOf({ total }, {}, null) });
  test('slow calls and spend are measured on calls', async () => {
    const world = fleet();
    const understudy = createUnderstudy({ ...world, signer: signer('key') });
    const build = (name: string, gates: Parameters<typeof define>[1]) =>
      understudy.defineModel(
        { ...contract, name },
        {
          variants: {
            v1: { predictor: () => ({ y: 1 }), version: '1' },
            v2: {
              predictor: async () => {
                await new Promise<void>((done) => void world.clock.schedule(done, 500));
                return { y: 2 };
              },
              version: '2',
            },
          },
          champion: 'v1',
          rollout: { ...ROLLOUT, canaryShares: [0.5], ...gates?.rollout },
        },
      );
    const slow = build('slow', { rollout: { gates: [slowCalls({ overMs: 100, maxRatio: 2 })] } });
    const dear = build('dear', {
      rollout: {
        gates: [spend({ cost: ({ output: given }) => (given as { y: number } | undefined)?.y, maxLoss: 0.1, range: [0, 5] })],
      },
    });
    const wordy = understudy.defineModel(
      { ...contract, name: 'wordy' },
      {
        variants: {
          v1: { predictor: (_, call) => (call.report(tokens(10)), { y: 1 }), version: '1' },
          v2: { predictor: (_, call) => (call.report(tokens(40)), { y: 2 }), version: '2' },
        },
        champion: 'v1',
        rollout: { ...ROLLOUT, canaryShares: [0.5], gates: [spend({ of: 'tokens', maxLoss: 5, range: [0, 100] })] },
      },
    );
    for (let index = 0; index < 300; index++) {
      for (const model of [slow, dear, wordy]) {
        const call = model.predict({ x: 1 }, { unit: `unit-${index}` });
        await world.clock.advance(600);
        await call;
      }
    }
    expect(slow.status().rollout).toMatchObject({ phase: 'rolled-back' });
    expect(dear.status().rollout).toMatchObject({ phase: 'rolled-back' });
    expect(wordy.status().rollout).toMatchObject({ phase: 'rolled-back' });
  });

  test('a check of the user holds while it says so, throws or hangs, and rolls back when it says so', async () => {
    const world = fleet();
    let answer: () => Promise<{ verdict: 'proceed' | 'hold' | 'roll-back'; reason: string }> = () => new Promise(() => undefined);
    const gates = [gate({ name: 'alerts', check: () => answer() })];
    const one = define(world, { failing: [0, 0], rollout: { gates, canaryShares: [0.5] } });
    let index = await traffic(world, [one], 12);
    expect(one.model.status().rollout?.blocked).toMatchObject({
      cause: 'alerts',
      reason: 'alerts: it failed: it did not answer within 10000 ms',
    });
    answer = () => Promise.reject(new Error('no network'));
    index = await traffic(world, [one], 1, 600, undefined, index);
    expect(one.model.status().rollout?.blocked?.reason).toBe('alerts: it failed: no network');
    answer = () => Promise.resolve({ verdict: 'roll-back', reason: 'an alert fired' });
    await traffic(world, [one], 1, 600, undefined, index);
    expect(one.model.status().rollout).toMatchObject({ phase: 'rolled-back' });
  });
});

describe('assignment', () => {
  test('by a function of the user: what it does not answer is assigned by the hash', async () => {
    const answers: Record<string, unknown> = {
      given: { variant: 'v2', probability: 0.3 },
      later: Promise.resolve({ variant: 'v2' }),
      unknown: { variant: 'v9' },
      failing: Promise.reject(new Error('flags are down')),
      hanging: new Promise(() => undefined),
    };
    const clock = new VirtualClock();
    const understudy = createUnderstudy({ clock });
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: () => ({ y: 1 }), version: '1' }, v2: { predictor: () => ({ y: 2 }), version: '2' } },
      champion: 'v1',
      assign: ({ unit }) => answers[unit] as { variant: string },
    });
    const seen: Record<string, unknown> = {};
    for (const unit of [...Object.keys(answers), 'none']) {
      const call = model.predict({ x: 1 }, { unit, deadlineMs: 100 });
      await clock.advance(60);
      const decision = await call;
      const { reason: by, probability } = decision.explain().assignment;
      seen[unit] = [decision.assigned, by, probability];
    }
    expect(seen).toEqual({
      given: ['v2', 'assign', 0.3],
      later: ['v2', 'assign', 1],
      unknown: ['v1', 'champion', 1],
      failing: ['v1', 'champion', 1],
      hanging: ['v1', 'champion', 1],
      none: ['v1', 'champion', 1],
    });
    expect(await model.predict({ x: 1 }, { unit: 'given', force: 'v1' })).toMatchObject({ assigned: 'v1' });
  });

  test('with the hash of another system', () => {
    const model = defineModel(
      { ...contract, name: 'hashed' },
      {
        variants: { v1: { predictor: () => ({ y: 1 }), version: '1' }, v2: { predictor: () => ({ y: 2 }), version: '2' } },
        champion: 'v1',
        split: { v2: 0.25 },
        hash: { kind: 'unleash', groupId: 'gr1' },
      },
    );
    // Unleash gives user 123 of group gr1 the percentage 73.
    expect(model.assignmentOf('123')).toEqual({ variant: 'v1', probability: 0.75, reason: 'split' });
  });

  test('leaves the units of a split where they are', async () => {
    const world = fleet();
    const understudy = createUnderstudy({ ...world });
    const model = understudy.defineModel(contract, {
      variants: {
        v1: { predictor: () => ({ y: 1 }), version: '1' },
        v2: { predictor: () => ({ y: 2 }), version: '2' },
        v3: { predictor: () => ({ y: 3 }), version: '3' },
      },
      champion: 'v1',
      split: { v3: 0.2 },
      rollout: { ...ROLLOUT, canaryShares: [0.5] },
    });
    const before = Array.from({ length: 2000 }, (_, index) => model.assignmentOf(`u${index}`).variant);
    await understudy.ready();
    await model.predict({ x: 1 });
    await world.clock.advance(2000);
    const after = Array.from({ length: 2000 }, (_, index) => model.assignmentOf(`u${index}`));
    expect(after.filter(({ variant }) => variant === 'v2').length).toBeGreaterThan(700);
    for (const [index, { variant, probability }] of after.entries()) {
      expect(variant === 'v3').toBe(before[index] === 'v3');
      expect(probability).toBeCloseTo({ v1: 0.4, v2: 0.4, v3: 0.2 }[variant]);
    }
  });
});

describe('an allocation', () => {
  test('moves traffic to the arm that does best, leaves each a share, and records with what probability', async () => {
    const world = fleet();
    const rates: Record<string, number> = { v1: 0.5, v2: 0.5, v3: 0.1 };
    const build = () => {
      const understudy = createUnderstudy({ ...world });
      const predictor = (name: string) => () => {
        if (world.random() < (rates[name] ?? 0)) throw new Error('down');
        return { y: 1 };
      };
      const variants = {
        v1: { predictor: predictor('v1'), version: '1' },
        v2: { predictor: predictor('v2'), version: '2' },
        v3: { predictor: predictor('v3'), version: '3' },
      };
      const split = { v2: 0.2, v3: 0.2 };
      return understudy.defineModel(contract, {
        variants,
        champion: 'v1',
        fallback: ['v1', 'v2', 'v3'],
        split,
        allocation: thompson({ minShare: 0.05 }),
      });
    };
    const [one, two] = [build(), build()];
    expect(one.status().variants['v3']?.share).toBeCloseTo(0.2);
    for (let index = 0; index < 2000; index++) {
      await (index % 2 === 0 ? one : two).predict({ x: 1 }).catch(() => undefined);
      if (index % 10 === 9) await world.clock.advance(2000);
    }
    for (const model of [one, two]) {
      const shares = Object.fromEntries(Object.entries(model.status().variants).map(([name, { share }]) => [name, share]));
      expect(shares).toEqual({ v1: expect.closeTo(0.05, 3), v2: expect.closeTo(0.05, 3), v3: expect.closeTo(0.9, 3) });
      expect(model.assignmentOf('u').probability).toBeCloseTo(shares[model.assignmentOf('u').variant] ?? 0, 9);
    }
  });

  test('by a KPI that is better lower, told by sealed ids, once each', async () => {
    const world = fleet();
    const build = () =>
      createUnderstudy({ ...world, signer: signer('key') }).defineModel(
        { ...contract, kpis: { cost: { better: 'lower' } } },
        {
          variants: { v1: { predictor: () => ({ y: 1 }), version: '1' }, v2: { predictor: () => ({ y: 2 }), version: '2' } },
          champion: 'v1',
          split: { v2: 0.5 },
          allocation: thompson({ reward: { kpi: 'cost' }, minShare: 0.1 }),
        },
      );
    const [one, two] = [build(), build()];
    for (let index = 0; index < 300; index++) {
      const { id, assigned } = await one.predict({ x: 1 });
      const kpi = { cost: (assigned === 'v1' ? 5 : 3) + world.random() };
      expect(await two.recordOutcome(id, { kpi })).toBe('counted');
      await world.clock.advance(1500);
      // Told again in another process: the first counts.
      await one.recordOutcome(id, { kpi: { cost: 1e6 } });
    }
    expect(two.status().variants['v2']?.share).toBeCloseTo(0.9, 3);
  });

  test('problems are told at definition, all at once', () => {
    const define = () =>
      defineModel(
        { ...contract, name: 'misallocated' },
        {
          variants: { v1: { predictor: () => ({ y: 1 }), version: '1' }, v2: { predictor: () => ({ y: 2 }), version: '2' } },
          champion: 'v1',
          // @ts-expect-error an unknown KPI
          allocation: thompson({ reward: { kpi: 'hours' }, everyMs: 0, minShare: 0.7 }),
        },
      );
    const paths = ['allocation.everyMs', 'allocation.minShare', 'split', 'allocation.reward.kpi', 'allocation.reward'];
    expect(define).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        details: expect.objectContaining({ problems: paths.map((path) => expect.objectContaining({ path: `options.${path}` })) }),
      }),
    );
  });
});
