import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { injectFaults } from '../testing/inject-faults.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { cosine, sameData, sameLabel, sameSide, withinTolerance } from '../routing/comparators.ts';
import type { ShadowOptions } from './model-options.ts';
import type { Predictor } from '../types/index.ts';

const contract = { name: 'm', input: z.object({ x: z.number() }), output: z.object({ p: z.number() }) };
type Out = { p: number };
type Shadowed = Predictor<{ x: number }, Out | Promise<Out>>;

function setUp(challenger: Shadowed, shadow: ShadowOptions<{ x: number }, Out> = {}, clock = new VirtualClock()) {
  const sink = fakeSink();
  const understudy = createUnderstudy({ clock, random: seededRandom(5), sinks: [sink] });
  const champion = injectFaults<{ x: number }, Out>(({ x }) => ({ p: x }));
  const model = understudy.defineModel(
    { ...contract, target: { kind: 'probability', field: 'p' } },
    {
      variants: { v1: { predictor: champion, version: '1' }, v2: { predictor: challenger, version: '2' } },
      champion: 'v1',
      shadow: { v2: shadow },
    },
  );
  return { clock, sink, understudy, model, champion };
}

describe('a shadow', () => {
  test('is compared with what was served, and never returned', async () => {
    const { model, clock, sink, understudy } = setUp(({ x }) => ({ p: x < 0.8 ? x + 0.05 : 0.1 }));
    for (const x of [0.1, 0.2, 0.6, 0.9]) expect(await model.predict({ x })).toMatchObject({ output: { p: x }, degraded: false });
    await clock.advance(10);
    expect(model.status().variants['v2']).toMatchObject({
      role: 'challenger',
      share: 0,
      served: 0,
      shadow: { pairs: 4, agreements: 3, agreement: 0.75, started: 4, failures: 0 },
    });
    await understudy.flush();
    const events = sink.ofType('shadow-compared');
    expect(events.map(({ agrees, difference, variant }) => [variant, agrees, Number(difference?.toFixed(3))])).toEqual([
      ['v2', true, 0.05],
      ['v2', true, 0.05],
      ['v2', true, 0.05],
      ['v2', false, 0.8],
    ]);
    expect(events[0]?.decisionId).toBe(sink.ofType('decision')[0]?.id);
  });

  test('is never taken for evidence where the model tier did not serve, or it failed itself', async () => {
    const { model, clock, sink, understudy, champion } = setUp(
      injectFaults<{ x: number }, Out>(({ x }) => ({ p: x }), {
        schedule: (call) => (call === 1 ? { kind: 'error', error: new Error('down') } : undefined),
      }),
    );
    champion.next({ kind: 'error', error: new Error('down') });
    await expect(model.predict({ x: 1 })).rejects.toMatchObject({ code: 'NOTHING_SERVED' });
    await model.predict({ x: 1 });
    await clock.advance(10);
    await understudy.flush();
    expect(sink.ofType('shadow-compared')).toSatisfy(
      (events: { agrees: unknown }[]) => events.length === 2 && events.every(({ agrees }) => agrees === null),
    );
    expect(
      sink
        .ofType('shadow-compared')
        .map(({ resultClass, errorType }) => `${resultClass} ${errorType}`)
        .toSorted(),
    ).toEqual(['failed PREDICTOR_FAILED', 'ok undefined']);
    expect(model.status().variants['v2']?.shadow).toMatchObject({ pairs: 0, agreement: null, failures: 1 });
  });

  test('conformance row 36: a hung challenger adds nothing to the served call, and fills only its own pool', async () => {
    const { model, clock } = setUp(
      injectFaults<{ x: number }, Out>(({ x }) => ({ p: x }), { schedule: () => ({ kind: 'hang', ignoreSignal: true }) }),
      { concurrency: 3, maxQueue: 5, timeoutMs: 1000 },
    );
    const before = clock.now();
    for (let call = 0; call < 20; call++) await model.predict({ x: 0.5 });
    expect(clock.now()).toBe(before);
    await clock.advance(5);
    expect(model.status().variants['v2']?.shadow).toMatchObject({
      running: 3,
      started: 3,
      queued: 2,
      dropped: { queueFull: 15, budget: 0 },
    });
    await clock.advance(3000);
    expect(model.status().variants['v2']?.shadow).toMatchObject({ running: 0, started: 5, queued: 0, failures: 5 });
  });

  test('conformance row 36: a hung challenger cannot keep the process alive', async () => {
    const script = `
      import { defineModel } from '@understudy/core';
      const schema = { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } };
      const hang = () => new Promise((done) => setTimeout(done, 600000).unref());
      const model = defineModel({ name: 'm', input: schema, output: schema }, { variants: { v1: { predictor: async () => 1, version: '1' }, v2: { predictor: hang, version: '2' } }, champion: 'v1', shadow: { v2: { timeoutMs: 600000 } } });
      await model.predict(1);
      await new Promise((done) => setTimeout(done, 20));
      process.stdout.write(JSON.stringify(model.status().variants.v2.shadow.running));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@understudy/source', '--input-type=module', '-e', script],
      { cwd: import.meta.dirname, timeout: 60_000 },
    );
    expect(stdout).toBe('1');
  });

  test('conformance row 37: spend is capped, and what is dropped is counted', async () => {
    let calls = 0;
    const { model, clock } = setUp(({ x }) => (calls++, { p: x }), { maxPerMinute: 60, concurrency: 100 });
    for (let call = 0; call < 10; call++) await model.predict({ x: 0.5 });
    await clock.advance(5);
    expect(calls).toBe(1);
    expect(model.status().variants['v2']?.shadow?.dropped).toEqual({ queueFull: 0, budget: 9 });
    await clock.advance(1000);
    await model.predict({ x: 0.5 });
    await clock.advance(5);
    expect(calls).toBe(2);
  });

  test('takes the share of units that it was asked for, the same ones each time', async () => {
    const seen: number[] = [];
    const { model, clock } = setUp(({ x }) => (seen.push(x), { p: x }), {
      sampleRate: 0.2,
      maxPerMinute: 1e9,
      concurrency: 1e4,
      maxQueue: 1e4,
    });
    for (let round = 0; round < 2; round++)
      for (let unit = 0; unit < 500; unit++) await model.predict({ x: unit }, { unit: `u${unit}` });
    await clock.advance(100);
    const half = seen.length / 2;
    expect(seen.slice(0, half)).toEqual(seen.slice(half));
    expect(half).toBeGreaterThan(70);
    expect(half).toBeLessThan(130);
  });

  test('is not run for a call that is assigned to it, nor while it is isolated', async () => {
    const { model, clock } = setUp(({ x }) => ({ p: x }));
    await model.predict({ x: 1 }, { force: 'v2' });
    await model.control.isolate('v2', { by: { id: 'a', roles: [] }, reason: 'b' });
    await model.predict({ x: 1 });
    await clock.advance(10);
    expect(model.status().variants['v2']?.shadow?.started).toBe(0);
  });

  test("runs in no call's async context: not in that of the call which happened to come first", async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { model, clock } = setUp(({ x }) => (seen.push(context.getStore()), { p: x }));
    await Promise.all(['a', 'b', 'c'].map((name) => context.run(name, () => model.predict({ x: 1 }))));
    await clock.advance(10);
    expect(seen).toEqual([undefined, undefined, undefined]);
  });

  test('with waitUntil it is handed over, so that a request can end first', async () => {
    const handed: Promise<unknown>[] = [];
    const understudy = createUnderstudy({ waitUntil: (promise) => void handed.push(promise) });
    let calls = 0;
    const model = understudy.defineModel(contract, {
      variants: {
        v1: { predictor: ({ x }) => ({ p: x }), version: '1' },
        v2: {
          predictor: async ({ x }) => {
            await new Promise((done) => setTimeout(done, 20));
            calls++;
            return { p: x };
          },
          version: '2',
        },
      },
      champion: 'v1',
      shadow: { v2: {} },
    });
    await model.predict({ x: 1 });
    expect(handed).toHaveLength(1);
    // Until the shadow has ended, not only begun: the platform may freeze what is not waited for.
    await Promise.all(handed);
    expect(calls).toBe(1);
  });
});

describe('comparators', () => {
  test('labels, numbers, thresholds, vectors, data', () => {
    const label = sameLabel<{ label: string }>('label');
    expect([label({ label: 'a' }, { label: 'a' }, 0).agrees, label({ label: 'a' }, { label: 'b' }, 0).agrees]).toEqual([
      true,
      false,
    ]);
    const near = withinTolerance<Out>('p', { absolute: 0.1, relative: 0.01 });
    expect([near({ p: 100 }, { p: 100.9 }, 0), near({ p: 0 }, { p: 0.2 }, 0)]).toEqual([
      { agrees: true, difference: expect.closeTo(0.9) },
      { agrees: false, difference: 0.2 },
    ]);
    expect(near({ p: 1 }, { p: Number.NaN }, 0).agrees).toBe(false);
    expect(sameSide<Out>('p', 0.5)({ p: 0.49 }, { p: 0.51 }, 0)).toMatchObject({ agrees: false });
    const close = cosine<{ v: number[] }>('v', 0.99);
    expect([
      close({ v: [1, 0] }, { v: [2, 0] }, 0).agrees,
      close({ v: [1, 0] }, { v: [0, 1] }, 0).agrees,
      close({ v: [1] }, { v: [1, 0] }, 0).agrees,
      close({ v: [0] }, { v: [0] }, 0).agrees,
    ]).toEqual([true, false, false, false]);
    const day = new Date(0);
    expect([
      sameData({ a: [1, { b: day }] }, { a: [1, { b: new Date(0) }] }).agrees,
      sameData({ a: 1 }, { a: 1, b: undefined }).agrees,
      sameData([1], { 0: 1 }).agrees,
    ]).toEqual([true, true, false]);
  });
});
