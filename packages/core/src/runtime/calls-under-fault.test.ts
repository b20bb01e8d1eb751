import { expect, test, vi } from 'vitest';
import * as z from 'zod';
import { openInference } from '../adapters/open-inference.ts';
import type { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { rules } from '../fallback/rules.ts';
import { liveMetric } from '../monitors/live-metric.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { compose, composeWith } from '../policies/compose.ts';
import { concurrencyLimit } from '../policies/concurrency-limit.ts';
import { retry } from '../policies/retry.ts';
import { timeout } from '../policies/timeout.ts';
import type { Tier } from '../types/index.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { createUnderstudy } from './create-understudy.ts';

const input = z.object({ x: z.number() });
const output = z.object({ y: z.number() });
const SAFE: Tier<unknown, { y: number }> = always<{ y: number }>({ y: 0 });

/** A runtime on a virtual clock, and a model of one variant in it. */
function setUp(
  predictor: (input: { x: number }, call: { signal: AbortSignal }) => unknown,
  options: object = {},
  runtime: object = {},
) {
  const clock = new VirtualClock();
  const sink = fakeSink();
  const understudy = createUnderstudy({ clock, random: () => 0.5, sinks: [sink], ...runtime });
  const model = understudy.defineModel(
    { name: 'm', input, output },
    { variants: { v1: { predictor: predictor as () => { y: number }, version: '1' } }, champion: 'v1', ...options },
  );
  return { clock, sink, understudy, model };
}
const failing = (error: unknown) => async (): Promise<never> => {
  throw error;
};
/** What a promise rejects with; heard from the start. */
const thrownBy = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    return await work;
  } catch (error) {
    return error;
  }
};
const never = (): Promise<never> => new Promise(() => {});

test('A1 an input that an adapter refuses is the caller’s fault: not tried again, not counted, and the next input is served', async () => {
  let asked = 0;
  const adapter = openInference<{ a: number; b?: number | undefined }>({
    url: 'http://127.0.0.1:1',
    model: 'm',
    features: ['a', 'b'],
    output: () => ({ y: 1 }),
    fetch: async () => {
      asked++;
      return Response.json({ model_name: 'm', outputs: [{ name: 'y', shape: [1], datatype: 'FP64', data: [1] }] });
    },
  });
  const model = createUnderstudy().defineModel(
    { name: 'm', input: z.object({ a: z.number(), b: z.number().optional() }), output },
    {
      variants: { v1: { predictor: adapter, version: '1' } },
      champion: 'v1',
      fallback: [SAFE],
      policies: [retry({ baseMs: 0 }), circuitBreaker({ consecutiveFailures: 2 })],
    },
  );
  for (let call = 0; call < 5; call++) {
    const decision = await model.predict({ a: 1 });
    expect(decision.servedBy.tier).toBe('always');
    expect(decision.explain().attempts).toMatchObject([
      { resultClass: 'caller-error', errorType: 'INPUT_INVALID' },
      { name: 'always' },
    ]);
  }
  expect((await model.predict({ a: 1, b: 2 })).servedBy.tier).toBe('model');
  expect([asked, model.control.circuit('v1')?.state]).toEqual([1, 'closed']);
});

test('A2 whatever is thrown, the fallback serves, nothing stays in flight, and close ends at once', async () => {
  for (const thrown of [Object.create(null), Symbol('x'), () => 1, new Error('x'.repeat(1e6))]) {
    const { model, understudy } = setUp(failing(thrown), { fallback: [SAFE] });
    const decision = await model.predict({ x: 1 });
    expect([decision.servedBy.tier, decision.reason.length < 700]).toEqual(['always', true]);
    expect(model.status().calls.inFlight).toBe(0);
    await understudy.close();
  }
});

test('A3 deadline and abort cover an input contract that never answers', async () => {
  const hung = z.object({ x: z.number() }).refine(never);
  const clock = new VirtualClock();
  const define = (fallback: readonly never[] | readonly [typeof SAFE]) =>
    createUnderstudy({ clock }).defineModel(
      { name: 'm', input: hung, output },
      { variants: { v1: { predictor: () => ({ y: 1 }), version: '1' } }, champion: 'v1', fallback },
    );
  const alone = define([]);
  const timedOut = thrownBy(alone.predict({ x: 1 }, { deadlineMs: 100 }));
  const controller = new AbortController();
  const aborted = thrownBy(alone.predict({ x: 1 }, { signal: controller.signal }));
  const rescued = define([SAFE]).predict({ x: 1 }, { deadlineMs: 100 });
  await clock.advance(50);
  controller.abort('gone');
  await clock.advance(60);
  expect(await Promise.all([timedOut, aborted])).toMatchObject([{ code: 'TIMEOUT' }, 'gone']);
  expect((await rescued).servedBy).toMatchObject({ tier: 'always' });
  expect([alone.status().calls.inFlight, clock.pending]).toEqual([0, 0]);
});

test('A3 the timeout covers an output contract, and a fallback is asked', async () => {
  const clock = new VirtualClock();
  const slow = z
    .object({ y: z.number() })
    .refine(({ y }) => y === 0 || new Promise((done) => clock.schedule(() => done(true), 300)));
  const model = createUnderstudy({ clock }).defineModel(
    { name: 'm', input, output: slow },
    {
      variants: { v1: { predictor: () => ({ y: 1 }), version: '1' } },
      champion: 'v1',
      fallback: [SAFE],
      policies: [timeout({ ms: 100 })],
    },
  );
  const decision = model.predict({ x: 1 });
  const bare = model.predict({ x: 1 }, { deadlineMs: 120 });
  await clock.advance(150);
  expect((await decision).servedBy.tier).toBe('always');
  expect((await bare).explain().attempts[0]).toMatchObject({ errorType: 'TIMEOUT', resultClass: 'failed' });
  await clock.advance(300);
  expect(model.status().calls.inFlight).toBe(0);
});

test('A3 a fallback tier whose contract never answers hands over in time, and a fixed output is served all the same', async () => {
  const clock = new VirtualClock();
  const hung = z.object({ y: z.number() }).refine(never);
  const model = createUnderstudy({ clock }).defineModel(
    { name: 'm', input, output: hung },
    {
      variants: { v1: { predictor: failing(new Error('down')), version: '1' } },
      champion: 'v1',
      fallback: [rules({ name: 'r', version: '1', rows: [], otherwise: { y: 1 } }), SAFE],
    },
  );
  const decision = model.predict({ x: 1 }, { deadlineMs: 100 });
  await clock.advance(120);
  expect((await decision).servedBy).toMatchObject({ tier: 'always', name: 'always' });
});

test('A3 a truth contract that never answers is OUTCOME_INVALID after the deadline', async () => {
  const clock = new VirtualClock();
  const model = createUnderstudy({ clock }).defineModel(
    { name: 'm', input, output, truth: z.object({ y: z.number() }).refine(never) },
    { variants: { v1: { predictor: () => ({ y: 1 }), version: '1' } }, champion: 'v1', deadlineMs: 500 },
  );
  const { id } = await model.predict({ x: 1 });
  const told = thrownBy(model.recordOutcome(id, { truth: { y: 1 } }));
  await clock.advance(600);
  expect(await told).toMatchObject({ code: 'OUTCOME_INVALID' });
});

test('A4 a lazy thenable is started once', async () => {
  for (const effects of ['none', 'once'] as const) {
    let started = 0;
    const lazy = () => ({
      // oxlint-disable-next-line unicorn/no-thenable
      then: (done: (value: unknown) => void) => {
        started++;
        done({ y: started });
      },
    });
    const { model } = setUp(() => 1, {
      variants: { v1: { predictor: lazy, version: '1', effects } },
      policies: [concurrencyLimit({ limit: 1 }), timeout({ ms: 50 })],
    });
    expect((await model.predict({ x: 1 })).output).toEqual({ y: 1 });
    expect(started).toBe(1);
  }
});

test('A4 a then that throws is a failed attempt that gives its place back', async () => {
  const throwing = () => ({
    // oxlint-disable-next-line unicorn/no-thenable
    then: () => {
      throw new Error('then');
    },
  });
  const { model } = setUp(throwing, { fallback: [SAFE], policies: [concurrencyLimit({ limit: 1, maxQueue: 0 })] });
  for (let call = 0; call < 3; call++) expect((await model.predict({ x: 1 })).reason).toContain('then');
  expect(model.status().variants['v1']?.policies['concurrencyLimit']).toMatchObject({ active: 0 });
});

test('A5 calls that waited for a place are not sent to an endpoint that has asked to wait meanwhile', async () => {
  for (const fallback of [[], [SAFE]]) {
    let asked = 0;
    const throttling = async () => {
      asked++;
      await Promise.resolve();
      throw Object.assign(new Error('busy'), { status: 429, headers: { 'retry-after': '30' } });
    };
    const { clock, model } = setUp(throttling, { fallback, policies: [concurrencyLimit({ limit: 1, maxQueue: 50 })] });
    const codes = Promise.all(
      Array.from({ length: 20 }, () =>
        model.predict({ x: 1 }).then(
          ({ servedBy }) => servedBy.tier,
          (error: UnderstudyError) => (error.details['failures'] as { code: string }[])[0]?.code,
        ),
      ),
    );
    await clock.advance(1000);
    const ended = await codes;
    expect(asked).toBe(1);
    expect(ended.slice(1)).toEqual(new Array(19).fill(fallback.length === 0 ? 'THROTTLED' : 'always'));
  }
});

test('A6 a wait of a day is a minute at most, is told with its time, and ends with resume or release', async () => {
  let answer: unknown = Object.assign(new Error('busy'), { status: 429, headers: { 'retry-after': '86400' } });
  const { clock, model } = setUp(() => (answer instanceof Error ? Promise.reject(answer) : answer), {
    fallback: [SAFE],
    policies: [circuitBreaker()],
  });
  const throttle = async () => {
    answer = Object.assign(new Error('busy'), { status: 429, headers: { 'retry-after': '86400' } });
    await model.predict({ x: 1 });
    answer = { y: 1 };
  };
  const tier = async () => (await model.predict({ x: 1 }, { deadlineMs: 500 })).servedBy.tier;
  await throttle();
  expect((await model.predict({ x: 1 })).reason).toContain('has asked its callers to wait for another 60000 ms');
  expect(model.status().variants['v1']?.policies['throttled']).toEqual({ forMs: 60_000 });
  await clock.advance(59_000);
  expect(await tier()).toBe('always');
  await clock.advance(1000);
  expect(await tier()).toBe('model');
  await throttle();
  await model.control.resume({ by: { id: 'ana', roles: [] }, reason: 'mended' });
  expect(await tier()).toBe('model');
  await throttle();
  model.control.circuit('v1')?.release('mended');
  expect(await tier()).toBe('model');
});

test('A10 close({ timeoutMs: Infinity }) waits for what is queued, and ready does not end before the store has answered', async () => {
  const { sink, understudy, model } = setUp(() => ({ y: 1 }));
  await model.predict({ x: 1 });
  await understudy.close({ timeoutMs: Infinity });
  expect(sink.ofType('decision')).toHaveLength(1);
});

test('A11 calls still in flight when close gives up are rejected with CLOSED, and their events are delivered', async () => {
  const { clock, sink, understudy, model } = setUp(never, { deadlineMs: 60_000, fallback: [SAFE] });
  const call = thrownBy(model.predict({ x: 1 }));
  const closing = understudy.close({ timeoutMs: 900 });
  await clock.advance(590);
  expect(model.status().calls.inFlight).toBe(1);
  await clock.advance(500);
  expect(await Promise.all([call, closing])).toMatchObject([{ code: 'CLOSED' }, undefined]);
  expect(model.status().calls).toMatchObject({ inFlight: 0, cancelled: 1 });
  expect(sink.ofType('decision')).toMatchObject([{ outcome: 'cancelled', errorType: 'CLOSED' }]);
});

test('F4 one hung call leaves the sinks at least a third of the time of close', async () => {
  const written: number[] = [];
  const clock = new VirtualClock();
  const slow = {
    name: 'slow',
    write: (batch: readonly unknown[]) =>
      new Promise<void>((done) =>
        clock.schedule(() => {
          written.push(batch.length);
          done();
        }, 250),
      ),
  };
  const { understudy, model } = setUp(never, { deadlineMs: 60_000 }, { clock, sinks: [slow] });
  model.predict({ x: 1 }).catch(() => undefined);
  await model.control.pause({ by: { id: 'ana', roles: [] }, reason: 'a test' });
  const closing = understudy.close({ timeoutMs: 900 });
  await clock.advance(950);
  await closing;
  expect(written.reduce((sum, count) => sum + count, 0)).toBe(2);
});

test('A12 a model that another replaces is closed after its calls in flight', async () => {
  const closed: string[] = [];
  const { promise, resolve } = Promise.withResolvers<{ y: number }>();
  const { clock, understudy, model } = setUp(() => 1, {
    variants: { v1: { predictor: Object.assign(() => promise, { close: () => void closed.push('old') }), version: '1' } },
  });
  const call = model.predict({ x: 1 });
  understudy.defineModel(
    { name: 'm', input, output },
    { variants: { v1: { predictor: () => ({ y: 2 }), version: '2' } }, champion: 'v1', replace: true },
  );
  await clock.advance(10);
  expect(closed).toEqual([]);
  resolve({ y: 1 });
  expect((await call).output).toEqual({ y: 1 });
  await clock.advance(10);
  expect(closed).toEqual(['old']);
  await expect(model.predict({ x: 1 })).rejects.toMatchObject({ code: 'CLOSED' });
});

test('A13 a unit that is a number or a bigint is taken as its text; anything else is refused', async () => {
  const variants = { v1: { predictor: () => ({ y: 1 }), version: '1' }, v2: { predictor: () => ({ y: 2 }), version: '2' } };
  const { model } = setUp(() => 1, { variants, split: { v2: 0.5 } });
  const counts = { v1: 0, v2: 0 };
  for (let unit = 0; unit < 2000; unit++) {
    const { assigned } = await model.predict({ x: 1 }, { unit });
    counts[assigned as 'v1' | 'v2']++;
    expect(model.assignmentOf(BigInt(unit)).variant).toBe(assigned);
    expect(model.assignmentOf(String(unit)).variant).toBe(assigned);
  }
  expect(Math.abs(counts.v1 - 1000)).toBeLessThan(150);
  for (const unit of [Number.NaN, Infinity, null, {}, [], true, Symbol('x')])
    await expect(model.predict({ x: 1 }, { unit: unit as never })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { problems: [{ path: 'options.unit' }] },
    });
});

test('A16 describe that throws costs the facts alone, and is told once', async () => {
  const predictor = Object.assign(() => ({ y: 1 }), {
    describe: () => {
      throw new Error('no facts');
    },
  });
  const { clock, sink, understudy, model } = setUp(() => 1, { variants: { v1: { predictor, version: '1' } } });
  for (let call = 0; call < 3; call++) expect((await model.predict({ x: 1 })).explain().facts).toBeUndefined();
  const flushed = understudy.flush();
  await clock.advance(2000);
  await flushed;
  expect(sink.ofType('decision')).toHaveLength(3);
  expect(sink.ofType('callback-failed')).toMatchObject([
    { callback: 'variants.v1.predictor.describe', reason: 'variants.v1.predictor.describe threw Error.' },
  ]);
  expect(model.status().callbacks).toEqual({ 'variants.v1.predictor.describe': { count: 3, last: 'no facts' } });
});

test('A19 synchronous work before the first await does not outlast the time by a turn of the wheel', async () => {
  const clock = new VirtualClock();
  const call = composeWith({ clock }, timeout({ ms: 50 }));
  for (const busy of [49, 51, 80, 5000, 100_000]) {
    const before = clock.now();
    const ended = call(() => {
      clock.freeze(busy);
      return never();
    }).catch((error: unknown) => [(error as UnderstudyError).code, clock.now() - before]);
    await clock.advance(60);
    const [code, took] = (await ended) as [string, number];
    expect(code).toBe('TIMEOUT');
    expect(took).toBeLessThanOrEqual(Math.max(51, busy) + 5);
  }
});

test('A20 a policy of the user that throws refuses the call or is told; every place is given back', async () => {
  let thrown = true;
  const own = {
    kind: 'own',
    create: () => ({
      admit: () => {
        if (thrown) throw new Error('admit');
        return 1;
      },
      settle: () => {
        throw new Error('settle');
      },
    }),
  };
  const { model } = setUp(() => ({ y: 1 }), {
    fallback: [SAFE],
    policies: [own, concurrencyLimit({ limit: 1, maxQueue: 0 }), circuitBreaker()],
  });
  for (let call = 0; call < 3; call++) expect((await model.predict({ x: 1 })).servedBy.tier).toBe('always');
  thrown = false;
  for (let call = 0; call < 3; call++) expect((await model.predict({ x: 1 })).servedBy.tier).toBe('model');
  const policies = model.status().variants['v1']?.policies;
  expect(policies?.['concurrencyLimit']).toMatchObject({ active: 0, queued: 0 });
  expect(policies?.['faults']).toEqual({ count: 6, last: 'settle: settle' });
});

test('A21, F7 no listener stays on a signal of the caller, with within or without', async () => {
  const { model } = setUp((_, { signal }) => ({ y: signal.aborted ? 0 : 1 }));
  const outer = setUp(
    async (_, call) => (await model.predict({ x: 1 }, { signal: shared.signal, within: call as never })).output,
  );
  const shared = new AbortController();
  const listeners = vi.spyOn(shared.signal, 'addEventListener');
  const removed = vi.spyOn(shared.signal, 'removeEventListener');
  for (let call = 0; call < 50; call++) await outer.model.predict({ x: 1 }, { signal: shared.signal });
  expect(listeners.mock.calls.length).toBeGreaterThan(0);
  expect(removed.mock.calls.length).toBe(listeners.mock.calls.length);
});

test('a caller whose own predictor aborts it hears of that at once', async () => {
  const controller = new AbortController();
  const { model } = setUp(() => {
    controller.abort('stop');
    return never();
  });
  await expect(model.predict({ x: 1 }, { signal: controller.signal })).rejects.toBe('stop');
});

test('A23 observe-only keeps its counts and tells once of each would-be opening', async () => {
  const changes: string[] = [];
  const call = composeWith(
    { onEvent: (event) => event.type === 'circuit' && changes.push(event.reason) },
    circuitBreaker({ consecutiveFailures: 3 }),
  );
  call.circuit?.force('observe-only', 'a trial');
  const fails = () => call(failing(new Error('down'))).catch(() => undefined);
  for (let attempt = 0; attempt < 10; attempt++) await fails();
  expect(call.status()['circuitBreaker']).toMatchObject({ calls: 10, failures: 10, consecutiveFailures: 10 });
  await call(() => 1);
  for (let attempt = 0; attempt < 30; attempt++) await call(() => 1);
  for (let attempt = 0; attempt < 3; attempt++) await fails();
  expect(changes).toEqual(['a trial', 'would have opened: 3 consecutive failures', 'would have opened: 3 consecutive failures']);
});

test('A24 options of a composed call and exported states are checked, with the path', async () => {
  const call = compose(timeout({ ms: 20 }), circuitBreaker());
  for (const [options, path] of [
    [{ deadlineMs: Number.NaN }, 'options.deadlineMs'],
    [{ deadlineMs: -1 }, 'options.deadlineMs'],
    [{ signal: null }, 'options.signal'],
    [{ priority: '1' }, 'options.priority'],
    [{ deadline: 5 }, 'options.deadline'],
    [[], 'options'],
  ] as const)
    await expect(call(never, options as never)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { problems: [{ path }] },
    });
  await expect(call(7 as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  for (const state of [null, {}, { v: 1, state: 'ajar', remainingOpenMs: 0, openings: 0 }, { v: 1, state: 'open', openings: 0 }])
    expect(() => call.circuit?.hydrate(state as never)).toThrowError(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
});

test('A25 rules of a circuit are switched off by false, and an operator trips and resets it', async () => {
  const clock = new VirtualClock();
  const call = composeWith(
    { clock },
    circuitBreaker({ failureRate: false, consecutiveFailures: false, factor: 3, jitter: 'none', openMs: 1000 }),
  );
  for (let attempt = 0; attempt < 50; attempt++) await call(failing(new Error('down'))).catch(() => undefined);
  expect(call.circuit?.state).toBe('closed');
  call.circuit?.trip('maintenance');
  await expect(call(() => 1)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', details: { retryAfterMs: 1000 } });
  call.circuit?.trip('again');
  await expect(call(() => 1)).rejects.toMatchObject({ details: { retryAfterMs: 3000 } });
  call.circuit?.release('done');
  expect(await call(() => 1)).toBe(1);
  call.circuit?.reset('forget');
  expect(call.status()['circuitBreaker']).toMatchObject({ calls: 0, state: 'closed' });
});

test('A24 commands of a circuit are checked: a state that there is not, and a reason that is none, change nothing', async () => {
  const call = compose(circuitBreaker());
  const { circuit } = call;
  if (circuit === undefined) throw new Error('A circuit was expected.');
  for (const [command, path] of [
    [() => circuit.force('ajar' as never, 'a test'), 'state'],
    [() => circuit.force('closed' as never, 'a test'), 'state'],
    [() => circuit.force('forced-open', undefined as never), 'reason'],
    [() => circuit.trip(''), 'reason'],
    [() => circuit.release(7 as never), 'reason'],
    [() => circuit.reset(null as never), 'reason'],
  ] as const)
    expect(command).toThrowError(
      expect.objectContaining({ code: 'INPUT_INVALID', details: { problems: [{ path, message: expect.any(String) }] } }),
    );
  expect(circuit.state).toBe('closed');
  expect(await call(() => 1)).toBe(1);
});

test('A25 a circuit that is forced open names no time: nobody knows when it is released', async () => {
  const call = compose(circuitBreaker({ openMs: 1000 }));
  call.circuit?.force('forced-open', 'maintenance');
  const error: unknown = await call(() => 1).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CIRCUIT_OPEN', message: expect.stringContaining('an operator must release it') });
  expect((error as UnderstudyError).details).not.toHaveProperty('retryAfterMs');
});

test('A13 a policy of a user tells its state; what is odd of it is left out and counted as a fault', async () => {
  const told: Readonly<Record<string, () => unknown>> = {
    plain: () => ({ waiting: 3, since: null, by: 'ana', open: true }),
    partly: () => ({ waiting: 3, of: { a: 1 }, on: () => 1 }),
    none: () => undefined,
    late: () => Promise.resolve({ waiting: 3 }),
    number: () => 7,
    thrown: () => {
      throw new Error('odd');
    },
  };
  const policies = Object.entries(told).map(([kind, snapshot]) => ({
    kind,
    create: () => ({ admit: () => 0, settle: () => undefined, snapshot: snapshot as never }),
  }));
  const call = compose(...policies);
  expect(await call(() => 1)).toBe(1);
  call.status();
  expect(call.status()).toEqual({
    plain: { waiting: 3, since: null, by: 'ana', open: true },
    partly: { waiting: 3 },
    faults: { count: 6, last: expect.stringContaining('snapshot') },
  });
});

test('A25 share is one circuit for all composed calls on one clock, and refuses other options', async () => {
  const clock = new VirtualClock();
  const shared = () => composeWith({ clock }, circuitBreaker({ endpoint: 'gpu', consecutiveFailures: 1 }));
  const [a, b] = [shared(), shared()];
  await a(failing(new Error('down'))).catch(() => undefined);
  await expect(b(() => 1)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
  expect(() => composeWith({ clock }, circuitBreaker({ endpoint: 'gpu', consecutiveFailures: 2 }))).toThrow('is shared already');
  expect(
    await composeWith({ clock: new VirtualClock() }, circuitBreaker({ endpoint: 'gpu', consecutiveFailures: 1 }))(() => 1),
  ).toBe(1);
});

test('C9 each model that shares a circuit hears of its changes, until it is closed', async () => {
  const clock = new VirtualClock();
  const understudy = createUnderstudy({ clock });
  const heard: string[] = [];
  const define = (name: string, predictor: () => unknown) => {
    const model = understudy.defineModel(
      { name, input, output },
      {
        variants: { v1: { predictor: predictor as never, version: '1' } },
        champion: 'v1',
        fallback: [SAFE],
        policies: [circuitBreaker({ endpoint: 'gpu', consecutiveFailures: 1 })],
      },
    );
    model.on('circuit-changed', ({ to }) => heard.push(`${name} ${to}`));
    return model;
  };
  const [a, b] = [define('a', failing(new Error('down'))), define('b', () => ({ y: 1 }))];
  await a.predict({ x: 1 });
  expect(heard).toEqual(['a open', 'b open']);
  await b.close();
  a.control.circuit('v1')?.reset('done');
  expect(heard).toEqual(['a open', 'b open', 'a closed']);
});

test('A25 a result can be a failure: it is tried again, counts, and is the result when no attempt is left', async () => {
  const events: string[] = [];
  let asked = 0;
  const call = composeWith(
    { failsOn: (result) => !(result as { ok: boolean }).ok, onEvent: ({ type }) => events.push(type) },
    retry({ attempts: 3, baseMs: 0 }),
    circuitBreaker({ consecutiveFailures: 3 }),
  );
  expect(await call(() => ({ ok: ++asked === 2 }))).toEqual({ ok: true });
  expect(await call(() => ({ ok: false }))).toEqual({ ok: false });
  expect(call.circuit?.state).toBe('open');
  await expect(call(() => 1)).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
  expect(events).toEqual(['retry', 'success', 'retry', 'retry', 'circuit', 'failure', 'refusal']);
});

test('A25 onEvent tells of a timeout, with the attempt and its time', async () => {
  const clock = new VirtualClock();
  const events: object[] = [];
  const call = composeWith({ clock, name: 'slow', onEvent: (event) => events.push(event) }, timeout({ ms: 50 }));
  const told = thrownBy(call(never));
  await clock.advance(60);
  expect(await told).toMatchObject({ code: 'TIMEOUT' });
  expect(events).toMatchObject([{ type: 'timeout', name: 'slow', attempt: 1, durationMs: 51, resultClass: 'failed' }]);
});

test('B1 a failed attempt is told to listeners with the error as it came, and never to sinks', async () => {
  const error = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
  const { clock, sink, understudy, model } = setUp(failing(error), { fallback: [SAFE] });
  const heard: object[] = [];
  understudy.on('attempt-failed', (event) => heard.push(event));
  model.on('attempt-failed', (event) => heard.push(event));
  const { id } = await model.predict({ x: 1 });
  const flushed = understudy.flush();
  await clock.advance(2000);
  await flushed;
  expect(heard).toHaveLength(2);
  expect(heard[0]).toMatchObject({
    name: 'v1',
    attempt: 1,
    errorType: 'PREDICTOR_FAILED',
    causeCode: 'ECONNREFUSED',
    resultClass: 'failed',
  });
  expect((heard[0] as { error: unknown }).error).toBe(error);
  expect(id.startsWith((heard[0] as { call: string }).call)).toBe(true);
  expect(sink.events.map(({ type }) => type)).toEqual(['decision']);
  expect(sink.ofType('decision')[0]?.attempts[0]).toMatchObject({ causeCode: 'ECONNREFUSED' });
});

test('B7 a refused call that a fallback served is told without advice; what will come again is not retryable', async () => {
  const { model } = setUp(() => ({ y: 1 }), { fallback: [SAFE], policies: [circuitBreaker()] });
  model.control.circuit('v1')?.force('forced-open', 'a test');
  expect((await model.predict({ x: 1 })).reason).not.toContain('name a fallback');
  const invalid = setUp(() => ({ y: 'one' }));
  await expect(invalid.model.predict({ x: 1 })).rejects.toMatchObject({ code: 'NOTHING_SERVED', retryable: false });
});

test('F3, A10 a call before the control document is known has its own deadline, however long startup may take', async () => {
  const clock = new VirtualClock();
  const store = {
    name: 'slow',
    volatile: false,
    ...Object.fromEntries(
      ['read', 'compareAndSet', 'mergeCounters', 'readCounters', 'claim', 'forget'].map((name) => [name, never]),
    ),
  };
  const { model } = setUp(() => ({ y: 1 }), { fallback: [SAFE] }, { clock, store, startupWaitMs: 60_000 });
  const decision = model.predict({ x: 1 }, { deadlineMs: 100 });
  await clock.advance(200);
  expect((await decision).servedBy.tier).toBe('always');
});

test('F8 an output with 300,000 bad items makes a short message', async () => {
  const clock = new VirtualClock();
  const model = createUnderstudy({ clock }).defineModel(
    { name: 'm', input, output: z.object({ y: z.array(z.number()) }) },
    { variants: { v1: { predictor: () => ({ y: new Array(300_000).fill('bad') as never }), version: '1' } }, champion: 'v1' },
  );
  const error = await model.predict({ x: 1 }).catch((thrown: unknown) => thrown as UnderstudyError);
  expect((error as UnderstudyError).message.length).toBeLessThan(2000);
});

test('F13 predictMany over a limit is served by the model', async () => {
  const { model } = setUp(async () => ({ y: 1 }), { fallback: [SAFE], policies: [concurrencyLimit({ limit: 2, maxQueue: 2 })] });
  const results = await model.predictMany(
    Array.from({ length: 1000 }, () => ({ x: 1 })),
    { concurrency: 1000 },
  );
  expect(results.every((result) => result.status === 'fulfilled' && result.value.servedBy.tier === 'model')).toBe(true);
});

test('A17 each switch keeps its own reason, whatever is commanded after it', async () => {
  const variants = { v1: { predictor: () => ({ y: 1 }), version: '1' }, v2: { predictor: () => ({ y: 2 }), version: '2' } };
  const { model } = setUp(() => 1, { variants, fallback: [SAFE] });
  const by = (reason: string) => ({ by: { id: 'ana', roles: [] }, reason });
  await model.control.pause(by('wrong prices'));
  await model.control.isolate('v2' as never, by('v2 is slow'));
  await model.control.pause(by('again'));
  expect((await model.predict({ x: 1 })).reason).toContain('is paused: wrong prices.');
  await model.control.resume(by('mended'));
  expect((await model.predict({ x: 1 }, { force: 'v2' as never })).reason).toContain('v2 is slow');
});

test('B3 each KPI of a decision counts when it becomes known, and once', async () => {
  const model = createUnderstudy().defineModel(
    { name: 'm', input, output, kpis: { clicks: { better: 'higher' }, sales: { better: 'higher' } } },
    { variants: { v1: { predictor: () => ({ y: 1 }), version: '1' } }, champion: 'v1' },
  );
  const { id } = await model.predict({ x: 1 });
  const results = [];
  for (const kpi of [{ clicks: 1 }, { sales: 5 }, { clicks: 2 }, { clicks: 1, sales: 1 }])
    results.push(await model.recordOutcome(id, { kpi }));
  expect(results).toEqual(['counted', 'counted', 'duplicate', 'duplicate']);
  for (const outcome of [null, undefined, 7, {}, [], { truth: undefined }])
    await expect(model.recordOutcome(id, outcome as never)).rejects.toMatchObject({ code: 'OUTCOME_INVALID' });
});

test('C1 the truth that its schema returns is scored', async () => {
  const text = z.string().trim().toLowerCase();
  const model = createUnderstudy({ clock: new VirtualClock() }).defineModel(
    { name: 'm', input, output: z.object({ label: text }), target: { kind: 'label', field: 'label' } },
    {
      variants: { v1: { predictor: () => ({ label: 'SPAM ' }), version: '1' } },
      champion: 'v1',
      monitors: [liveMetric({ metric: 'accuracy', breachBelow: 0.5, minCases: 1 })],
    },
  );
  for (let call = 0; call < 5; call++) {
    const { id } = await model.predict({ x: 1 });
    await model.recordOutcome(id, { truth: { label: 'SPAM ' } });
  }
  const readings = model.status().monitors?.reports[0]?.readings ?? [];
  expect(readings.find(({ measure }) => measure === 'accuracy')?.value ?? 1).toBe(1);
  const { id } = await model.predict({ x: 1 });
  await model.recordOutcome(id, { override: { output: { label: ' Spam' }, by: 'ana', reason: 'seen' } });
  expect(model.status().outcomes.counted).toBe(6);
});
