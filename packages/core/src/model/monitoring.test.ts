import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { memoryStore } from '../control/memory-store.ts';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { rules } from '../fallback/rules.ts';
import type { Breach, ModelMonitor, MonitorContext, MonitorOptions } from '../monitors/monitor.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { DecisionFact, MonitorReading, MonitorStatus, OutcomeFact, StateStore } from '../types/index.ts';
import { probeBase } from '../../tests/support/driven-monitor.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';

const SECOND = 1000;
const HOUR = 3_600_000;
const contract = {
  name: 'm',
  input: z.object({ x: z.number() }),
  output: z.object({ p: z.number() }),
  target: { kind: 'probability', field: 'p' },
  kpis: { minutes: { better: 'lower' } },
} as const;

/** A monitor whose reading is set by hand, and which remembers what it was told. */
class Probe {
  status: MonitorStatus = 'ok';
  n = 0;
  readonly decisions: DecisionFact[] = [];
  readonly outcomes: (OutcomeFact & { readonly kept: unknown })[] = [];
  readonly invalid: (readonly string[])[] = [];
  dependencies: MonitorContext | undefined;
  merged: unknown;

  monitor(options: MonitorOptions = {}): ModelMonitor {
    return {
      ...probeBase(options),
      start: (dependencies) => {
        this.dependencies = dependencies;
        return {
          observe: (decision) => void this.decisions.push(decision),
          invalidInput: (paths) => void this.invalid.push(paths),
          keep: ({ output }) => (output as { p: number } | undefined)?.p,
          outcome: (outcome, kept) => void this.outcomes.push({ ...outcome, kept }),
          read: () => [this.reading()],
          counters: () => ({ decisions: this.decisions.length }),
          merge: (others) => {
            this.merged = others;
          },
        };
      },
    };
  }

  /** Every judgement is on new cases. */
  reading(): MonitorReading {
    const { status } = this;
    return { measure: 'probe', n: ++this.n, value: 0.7, interval: [0.6, 0.75], limit: 0.8, status, reason: 'p is low' };
  }
}

function setUp(
  options: MonitorOptions = {},
  {
    store = memoryStore({ acceptLoss: true }),
    clock = new VirtualClock(),
    probe = new Probe(),
    rollout,
    seed = 3,
    pausedSampleRate = 0.05,
  }: {
    readonly store?: StateStore;
    readonly clock?: VirtualClock;
    readonly probe?: Probe;
    readonly rollout?: object;
    readonly seed?: number;
    readonly pausedSampleRate?: number;
  } = {},
) {
  const sink = fakeSink();
  const understudy = createUnderstudy({ clock, store, random: seededRandom(seed), sinks: [sink] });
  const model = understudy.defineModel(contract, {
    variants: { v1: { predictor: ({ x }) => ({ p: x }), version: '1' }, v2: { predictor: () => ({ p: 0.9 }), version: '2' } },
    champion: 'v1',
    trainingData: 'understudy export-training app.mjs',
    fallback: [
      rules({ name: 'table', version: '1', rows: [{ id: 'R1', when: { x: { gte: 0 } }, then: { p: 0.5 } }] }),
      always({ p: 0 }),
    ],
    monitors: [{ ...probe.monitor(options), pausedSampleRate }],
    ...(rollout === undefined ? {} : { rollout: { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })], ...rollout } }),
  });
  /** One call, and the judgement after it. */
  const tick = async (status: MonitorStatus): Promise<string> => {
    probe.status = status;
    const { servedBy } = await model.predict({ x: 0.2 });
    await clock.advance(SECOND);
    return servedBy.tier;
  };
  return { model, understudy, sink, clock, probe, tick };
}

describe('a monitor is told', () => {
  test('its model when it starts', () => {
    expect(setUp().probe.dependencies).toMatchObject({
      model: 'm',
      target: { kind: 'probability', field: 'p', positiveAt: 0.5 },
      kpis: { minutes: 'lower' },
      champion: 'v1',
      variants: ['v1', 'v2'],
      input: [{ path: 'x', type: 'number' }],
      output: [{ path: 'p', type: 'number' }],
    });
  });
  test('every call, also those that failed or broke the contract', async () => {
    const { model, probe } = setUp();
    const { id } = await model.predict({ x: 0.25 });
    await expect(model.predict({ x: 'no' } as never)).rejects.toThrow('x:');
    await model.predict({ x: -1 }, { force: 'v2' });
    expect(probe.decisions[0]).toMatchObject({
      id,
      input: { x: 0.25 },
      output: { p: 0.25 },
      tier: 'model',
      servedBy: 'v1',
      version: '1',
      probability: 1,
    });
    expect(probe.decisions.map(({ servedBy }) => servedBy)).toEqual(['v1', 'v2']);
    expect(probe.invalid).toEqual([['x']]);
  });
  test('outcomes of decisions that it knows, with what it kept', async () => {
    const { model, probe, clock } = setUp();
    const { id } = await model.predict({ x: 0.25 });
    await clock.advance(5 * SECOND);
    expect(await model.recordOutcome(id, { truth: { p: 1 } })).toBe('counted');
    expect(await model.recordOutcome(id, { truth: { p: 1 } })).toBe('duplicate');
    expect(await model.recordOutcome(id, { kpi: { minutes: 3 } })).toBe('counted');
    expect(await model.recordOutcome('nonsense', { truth: { p: 1 } })).toBe('unknown');
    expect(probe.outcomes).toMatchObject([
      { truth: { value: { p: 1 } }, kept: 0.25, tier: 'model', servedBy: 'v1' },
      { kpi: { minutes: 3 }, kept: 0.25 },
    ]);
    expect((probe.outcomes[0]?.at ?? 0) - (probe.outcomes[0]?.decidedAt ?? 0)).toBe(5 * SECOND);
    expect(model.status().monitors?.outcomes.byTier).toEqual({ model: { decisions: 1, known: 1 } });
  });
});

describe('a breach', () => {
  test('pauses until an operator resumes, and all of it is told in order', async () => {
    const { model, sink, tick, understudy } = setUp({ onBreach: ['alert', 'pause', 'retrain'] });
    expect([await tick('ok'), await tick('breach'), await tick('breach'), await tick('ok')]).toEqual([
      'model',
      'model',
      'rules',
      'rules',
    ]);
    expect(await tick('ok')).toBe('rules');
    expect(model.status()).toMatchObject({
      control: { paused: true, pausedBy: ['monitor:probe'] },
      monitors: { reports: [{ monitor: 'probe', kind: 'probe', status: 'breach', readings: [{ value: 0.7, limit: 0.8 }] }] },
    });
    await model.control.resume({ by: { id: 'ana', roles: [] }, reason: 'fixed upstream' });
    expect(await tick('ok')).toBe('model');
    await understudy.flush();
    const told = sink.events.filter(({ type }) => type !== 'decision');
    expect(told.map((event) => [event.type, 'to' in event ? event.to : 'by' in event ? event.by : ''])).toEqual([
      ['monitor-changed', 'ok'],
      ['monitor-changed', 'breach'],
      ['control-changed', 'monitor:probe'],
      ['alert-raised', ''],
      ['retrain-requested', ''],
      ['control-changed', 'ana'],
      ['monitor-changed', 'ok'],
      ['alert-raised', ''],
    ]);
    expect(told[7]).toMatchObject({ phase: 'resolved', reason: 'probe has recovered. p is low' });
    expect(told[2]).toMatchObject({ command: 'pause', roles: ['monitor'], reason: 'probe: p is low', result: 'obeyed' });
    expect(told[4]).toMatchObject({ champion: 'v1', trainingData: 'understudy export-training app.mjs' });
    expect(told[3]).toMatchObject({
      monitor: 'probe',
      phase: 'raised',
      actions: ['pause', 'retrain'],
      readings: [{ measure: 'probe', status: 'breach' }],
    });
    expect(told[4]).toMatchObject({ champion: 'v1', version: '1', trainingData: 'understudy export-training app.mjs' });
  });
  test('falls back until the monitor has recovered; meanwhile the paused model is sampled, and its answers are scored', async () => {
    const { model, probe, tick, clock } = setUp({ onBreach: ['fall-back'], recoveries: 3 });
    await tick('ok');
    await tick('breach');
    const ids: string[] = [];
    for (let call = 0; call < 200; call++) ids.push((await model.predict({ x: 0.75 })).id);
    await clock.advance(1);
    for (const id of ids) await model.recordOutcome(id, { truth: { p: 1 } });
    const sampled = probe.outcomes.filter(({ probability }) => probability < 1);
    expect(sampled.length).toBeGreaterThan(2);
    expect(sampled.length).toBeLessThan(30);
    expect(sampled[0]).toMatchObject({ tier: 'model', servedBy: 'v1', kept: 0.75, probability: 0.05 });
    expect(probe.outcomes.filter(({ tier }) => tier === 'rules')).toHaveLength(200);
    expect(probe.decisions.every(({ probability }) => probability === 1)).toBe(true);
    expect([await tick('ok'), await tick('insufficient'), await tick('ok'), await tick('ok'), await tick('ok')]).toEqual(
      Array.from({ length: 5 }, () => 'rules'),
    );
    expect(await tick('ok')).toBe('model');
    expect(model.status().control).toMatchObject({ paused: false, pausedBy: [] });
  });
  test('C3 falls back and comes back where each outcome is recorded right after its prediction', async () => {
    const { model, probe, tick, clock } = setUp({ onBreach: ['fall-back'], recoveries: 3 });
    await tick('ok');
    await tick('breach');
    for (let call = 0; call < 200; call++) {
      const { id } = await model.predict({ x: 0.75 });
      await model.recordOutcome(id, { truth: { p: 1 } });
      await model.recordOutcome(id, { kpi: { minutes: 3 } });
    }
    await clock.advance(1);
    const sampled = probe.outcomes.filter((outcome) => outcome.sampled === true);
    expect(sampled.filter(({ truth }) => truth !== undefined).length).toBeGreaterThan(2);
    expect(sampled.filter(({ kpi }) => kpi !== undefined)).toHaveLength(sampled.length / 2);
    expect(sampled[0]).toMatchObject({
      tier: 'model',
      servedBy: 'v1',
      kept: 0.75,
      probability: 0.05,
      truth: { value: { p: 1 } },
    });
    expect(probe.outcomes.filter(({ tier }) => tier === 'rules')).toHaveLength(400);
  });
  test('G16 where every call of a paused model is sampled, none of its answers is traffic', async () => {
    const { model, probe, tick, clock } = setUp({ onBreach: ['fall-back'] }, { pausedSampleRate: 1 });
    await tick('ok');
    await tick('breach');
    const ids: string[] = [];
    for (let call = 0; call < 20; call++) ids.push((await model.predict({ x: 0.75 })).id);
    await clock.advance(1);
    for (const id of ids) await model.recordOutcome(id, { truth: { p: 1 } });
    expect(probe.decisions.slice(2).map(({ tier }) => tier)).toEqual(ids.map(() => 'rules'));
    expect(probe.outcomes.map(({ tier, sampled }) => [tier, sampled])).toEqual(
      ids.flatMap(() => [
        ['rules', false],
        ['model', true],
      ]),
    );
    expect(model.status().monitors?.outcomes.byTier).toMatchObject({
      rules: { decisions: 20, known: 20 },
      sampled: { decisions: 20, known: 20 },
    });
  });
  test('isolates the champion; a function of yours is told, and what it throws is counted', async () => {
    const told: Breach[] = [];
    const { model, tick } = setUp({
      onBreach: [
        'isolate',
        (breach) => {
          told.push(breach);
          throw new Error('pager is down');
        },
      ],
    });
    await tick('breach');
    expect(await tick('breach')).toBe('rules');
    expect(told).toMatchObject([{ model: 'm', monitor: 'probe', readings: [{ status: 'breach' }] }]);
    expect(model.status()).toMatchObject({ control: { isolated: ['v1'] }, monitors: { failures: 1 } });
  });
  test('rolls the rollout back', async () => {
    const { model, tick, clock } = setUp({ onBreach: ['roll-back'] }, { rollout: { bakeMs: HOUR } });
    await tick('ok');
    await clock.advance(5 * SECOND);
    await tick('ok');
    await tick('ok');
    expect(model.status().rollout?.phase).toBe('canary');
    await tick('breach');
    expect(model.status().rollout).toMatchObject({
      phase: 'rolled-back',
      history: expect.arrayContaining([expect.objectContaining({ by: 'monitor:probe' })]),
    });
  });
  test('is acted on once by three processes, and all of them obey', async () => {
    const [store, clock] = [memoryStore({ acceptLoss: true }), new VirtualClock()];
    const fleet = [1, 2, 3].map(() => setUp({ onBreach: ['alert', 'pause'] }, { store, clock }));
    for (const { tick } of fleet) await tick('ok');
    for (const { probe, model } of fleet) {
      probe.status = 'breach';
      await model.predict({ x: 1 });
    }
    await clock.advance(2 * SECOND);
    for (const { understudy } of fleet) await understudy.flush();
    const events = fleet.flatMap(({ sink }) => sink.events);
    expect(events.filter(({ type }) => type === 'alert-raised')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'control-changed')).toHaveLength(1);
    for (const { model } of fleet) expect((await model.predict({ x: 1 })).servedBy.tier).toBe('rules');
  });
  test('waits for a store that is away, and acts when it is back', async () => {
    const inner = memoryStore({ acceptLoss: true });
    let away = false;
    const store: StateStore = {
      ...inner,
      compareAndSet: (...args) => (away ? Promise.reject(new Error('away')) : inner.compareAndSet(...args)),
    };
    const { model, tick } = setUp({ onBreach: ['pause'] }, { store });
    await tick('ok');
    away = true;
    await tick('breach');
    expect(await tick('breach')).toBe('model');
    expect(model.status().monitors?.storeFailure).toContain('The store');
    away = false;
    await tick('breach');
    expect(await tick('breach')).toBe('rules');
    expect(model.status().monitors?.storeFailure).toBeNull();
  });
});

describe('counters', () => {
  test('reach the other processes through the store, the newest of each', async () => {
    const [inner, clock] = [memoryStore({ acceptLoss: true }), new VirtualClock()];
    const store: StateStore = { ...inner, name: 'shared', volatile: false };
    const [one, two] = [setUp({}, { store, clock }), setUp({}, { store, clock, seed: 4 })];
    await one.understudy.ready({ timeoutMs: SECOND });
    await two.understudy.ready({ timeoutMs: SECOND });
    for (let round = 0; round < 3; round++) {
      await one.model.predict({ x: 1 });
      await one.model.predict({ x: 1 });
      await two.model.predict({ x: 1 });
      await clock.advance(11 * SECOND);
    }
    await one.model.predict({ x: 1 });
    await clock.advance(11 * SECOND);
    expect(one.probe.merged).toEqual([{ instance: expect.any(String), counters: { decisions: 3 } }]);
    expect(two.probe.merged).toMatchObject([{ counters: { decisions: expect.any(Number) } }]);
    await clock.advance(2 * 60 * SECOND);
    await one.model.predict({ x: 1 });
    await clock.advance(2 * SECOND);
    expect(one.probe.merged).toEqual([]);
  });
});

describe('a definition', () => {
  const define = (monitors: readonly unknown[]): void => {
    createUnderstudy({ clock: new VirtualClock(), random: seededRandom(1) }).defineModel(contract, {
      variants: { v1: { predictor: () => ({ p: 1 }), version: '1' } },
      champion: 'v1',
      monitors: monitors as ModelMonitor[],
    });
  };
  test('tells everything that is wrong with its monitors', () => {
    const broken = new Probe().monitor({
      name: 'a|b',
      onBreach: ['shout' as never],
      confirmations: 0,
      recoveries: 1.5,
      cooldownMs: -1,
    });
    const thrown = ((): unknown => {
      try {
        return define([broken, 7, new Probe().monitor({ onBreach: ['roll-back'] }), new Probe().monitor()]);
      } catch (error) {
        return error;
      }
    })();
    if (!UnderstudyError.is(thrown, 'CONFIGURATION_INVALID')) throw new Error('expected CONFIGURATION_INVALID');
    expect(thrown.details.problems?.map(({ path }) => path.replace('options.monitors', ''))).toEqual([
      '[0].name',
      '[0].onBreach[0]',
      '[0].confirmations',
      '[0].recoveries',
      '[0].cooldownMs',
      '[1]',
      '[2].onBreach',
      '[3]',
    ]);
  });
});
