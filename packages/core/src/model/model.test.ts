import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { rules } from '../fallback/rules.ts';
import { allowFields } from '../events/redaction.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { concurrencyLimit } from '../policies/concurrency-limit.ts';
import { off } from '../policies/merge.ts';
import { retry } from '../policies/retry.ts';
import { timeout } from '../policies/timeout.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { defineModel } from '../runtime/define-model.ts';
import { memoryStore } from '../control/memory-store.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { injectFaults } from '../testing/inject-faults.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { testModel } from '../testing/test-model.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { UnderstudyOptions } from '../runtime/understudy-options.ts';

const input = z.object({ radius: z.number().positive(), note: z.string().optional() });
const output = z.object({ malignant: z.number().min(0).max(1) });
const contract = { name: 'triage', input, output, kpis: { savedMinutes: { better: 'higher' } } } as const;
const answer = (malignant: number) => () => ({ malignant });
const BY = { by: { id: 'ada', roles: ['model-owner'] }, reason: 'a test' };

function setUp(options: UnderstudyOptions = {}) {
  const clock = new VirtualClock();
  const sink = fakeSink();
  return { clock, sink, understudy: createUnderstudy({ clock, random: seededRandom(3), sinks: [sink], ...options }) };
}

const table = rules<z.output<typeof input>, z.input<typeof output>>({
  name: 'by-size',
  version: '1',
  rows: [{ id: 'R1', when: { radius: { gte: 16.8 } }, then: { malignant: 0.95 }, because: 'large' }],
});

describe('predict', () => {
  test('the champion serves, checked by the contract', async () => {
    const { understudy } = setUp();
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: async ({ radius }) => ({ malignant: radius / 100 }), version: '1.0.0' } },
      champion: 'v1',
    });
    const decision = await model.predict({ radius: 20 });
    expect(decision).toMatchObject({
      output: { malignant: 0.2 },
      input: { radius: 20 },
      assigned: 'v1',
      servedBy: { tier: 'model', variant: 'v1', version: '1.0.0' },
      degraded: false,
      reason: 'v1 is the champion.',
    });
    expect(decision.id).toMatch(/^[-\w]{48}$/);
    expect(decision.explain()).toMatchObject({
      decisionId: decision.id,
      assignment: { reason: 'champion', probability: 1 },
      attempts: [{ name: 'v1', attempt: 1, resultClass: 'ok' }],
      control: { known: true, paused: false },
    });
  });

  test('an invalid input names every path and calls nothing', async () => {
    const { understudy } = setUp();
    const predictor = injectFaults(answer(0));
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor, version: '1' } },
      champion: 'v1',
      fallback: [always({ malignant: 0 })],
    });
    // @ts-expect-error both fields are wrong
    const error = await model.predict({ radius: -1, note: 7 }).catch((thrown: unknown) => thrown);
    expect(UnderstudyError.is(error, 'INPUT_INVALID')).toBe(true);
    expect(error).toMatchObject({ details: { problems: [{ path: 'radius' }, { path: 'note' }] } });
    expect(predictor.calls).toBe(0);
    expect(model.status().calls).toMatchObject({ total: 1, invalidInput: 1, served: 0 });
  });

  test('tiers are tried in their order; a rule sees the failure that it rescues (conformance row 40)', async () => {
    const { understudy, sink } = setUp();
    const seen: string[] = [];
    const model = understudy.defineModel(contract, {
      variants: {
        v1: { predictor: injectFaults(answer(0), { schedule: () => ({ kind: 'status', status: 503 }) }), version: '1' },
        v2: { predictor: answer(7), version: '2' },
      },
      champion: 'v1',
      fallback: [
        'v2',
        rules({
          name: 'r',
          version: '3',
          rows: [
            {
              id: 'R9',
              when: (_, failure) => (seen.push(`${failure.from} ${failure.code} ${failure.class}`), true),
              then: { malignant: 0.4 },
              because: 'all else failed',
            },
          ],
        }),
      ],
    });
    const decision = await model.predict({ radius: 1 });
    expect(decision).toMatchObject({
      output: { malignant: 0.4 },
      assigned: 'v1',
      degraded: true,
      servedBy: { tier: 'rules', name: 'r', version: '3' },
    });
    expect(decision.reason).toContain('The endpoint answered 503.');
    expect(seen).toEqual(['v2 OUTPUT_INVALID failed']);
    expect(decision.explain()).toMatchObject({
      rescued: { code: 'HTTP_STATUS', from: 'v1' },
      rules: { rows: ['R9'], because: 'all else failed' },
      attempts: [
        { name: 'v1', errorType: 'HTTP_STATUS' },
        { name: 'v2', errorType: 'OUTPUT_INVALID' },
        { name: 'r', tier: 'rules', resultClass: 'ok' },
      ],
    });
    await understudy.flush();
    const [event] = sink.ofType('decision');
    expect(event).toMatchObject({
      outcome: 'served',
      tier: 'rules',
      servedBy: 'r',
      degraded: true,
      rules: { rows: ['R9'] },
    });
    expect(event).not.toHaveProperty('errorType');
  });

  test('a table that abstains hands over; with no tier left the error tells them all', async () => {
    const { understudy } = setUp();
    const model = understudy.defineModel(contract, {
      variants: {
        v1: {
          predictor: () => {
            throw new Error('no model');
          },
          version: '1',
        },
      },
      champion: 'v1',
      fallback: [table],
    });
    await expect(model.predict({ radius: 20 })).resolves.toMatchObject({ output: { malignant: 0.95 } });
    const error = await model.predict({ radius: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'NOTHING_SERVED',
      message: expect.stringMatching(/v1: PREDICTOR_FAILED: no model[^]*by-size: ABSTAINED/),
      details: { failures: [{ from: 'v1' }, { from: 'by-size', code: 'ABSTAINED' }] },
    });
    expect(model.status()).toMatchObject({
      availability: 0.5,
      calls: { served: 1, failed: 1, degraded: 1 },
      fallback: [{ kind: 'rules', served: 1, abstained: 1 }],
      variants: { v1: { failures: 2 } },
    });
  });

  test('a slow variant leaves time for the tiers after it', async () => {
    const { understudy, clock } = setUp();
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: injectFaults(answer(0), { clock, schedule: () => ({ kind: 'hang' }) }), version: '1' } },
      champion: 'v1',
      fallback: [always({ malignant: 0.5 })],
    });
    const started = clock.now();
    const pending = model
      .predict({ radius: 1 }, { deadlineMs: 1000 })
      .then((decision) => ({ decision, at: clock.now() - started }));
    await clock.advance(2000);
    const { decision, at } = await pending;
    expect(decision.servedBy).toMatchObject({ tier: 'always' });
    expect(at).toBeLessThanOrEqual(960);
    expect(at).toBeGreaterThanOrEqual(950);
  });

  test("the caller's abort ends the call with its own reason, and no tier serves", async () => {
    const { understudy, clock, sink } = setUp();
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: injectFaults(answer(0), { clock, schedule: () => ({ kind: 'hang' }) }), version: '1' } },
      champion: 'v1',
      policies: [retry(), circuitBreaker()],
      fallback: [always({ malignant: 0.5 })],
    });
    const abort = new AbortController();
    const call = model.predict({ radius: 1 }, { signal: abort.signal });
    await clock.advance(10);
    const reason = new Error('the user left');
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(model.predict({ radius: 1 }, { signal: abort.signal })).rejects.toBe(reason);
    expect(model.status()).toMatchObject({ availability: null, calls: { cancelled: 2, failed: 0, inFlight: 0 } });
    await understudy.flush();
    expect(sink.ofType('decision').map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
  });

  test('asynchronous schemas, and schemas that throw', async () => {
    const { understudy } = setUp();
    const slowInput = z.object({ radius: z.number() }).refine(async ({ radius }) => radius < 100, 'too large');
    const slowOutput = output.refine(async ({ malignant }) => malignant !== 0.13, 'unlucky');
    const model = understudy.defineModel(
      { name: 'async', input: slowInput, output: slowOutput },
      {
        variants: {
          v1: { predictor: async ({ radius }) => ({ malignant: radius / 100 }), version: '1' },
          v2: { predictor: ({ radius }) => ({ malignant: radius / 100 }), version: '2' },
        },
        champion: 'v1',
        fallback: [always({ malignant: 1 })],
      },
    );
    await expect(model.predict({ radius: 50 })).resolves.toMatchObject({ output: { malignant: 0.5 } });
    await expect(model.predict({ radius: 50 }, { force: 'v2' })).resolves.toMatchObject({
      output: { malignant: 0.5 },
      assigned: 'v2',
      reason: 'The caller forced v2.',
    });
    await expect(model.predict({ radius: 13 })).resolves.toMatchObject({ servedBy: { tier: 'always' } });
    await expect(model.predict({ radius: 200 })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('too large'),
    });
    const throwing = {
      '~standard': {
        version: 1 as const,
        vendor: 'x',
        validate: (): never => {
          throw new Error('broken schema');
        },
      },
    };
    const broken = understudy.defineModel(
      { name: 'broken', input: throwing, output },
      { variants: { v1: { predictor: answer(0), version: '1' } }, champion: 'v1' },
    );
    await expect(broken.predict(1)).rejects.toMatchObject({ code: 'INPUT_INVALID', cause: { message: 'broken schema' } });
  });

  test('wrong options of a call are told', async () => {
    const { understudy } = setUp();
    const model = understudy.defineModel(contract, { variants: { v1: { predictor: answer(0), version: '1' } }, champion: 'v1' });
    // @ts-expect-error no such variant
    await expect(model.predict({ radius: 1 }, { force: 'v9' })).rejects.toMatchObject({
      code: 'UNKNOWN_VARIANT',
      message: 'Model "triage" has no variant "v9": it has v1.',
    });
    await expect(model.predict({ radius: 1 }, { deadlineMs: 0 })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('options.deadlineMs'),
    });
    expect(model.status().calls).toMatchObject({ total: 0, inFlight: 0 });
  });

  test('nested calls inherit deadline, signal and parent id', async () => {
    const { understudy, clock, sink } = setUp();
    const inner = understudy.defineModel(
      { ...contract, name: 'inner' },
      {
        variants: { v1: { predictor: injectFaults(answer(0), { clock, schedule: () => ({ kind: 'hang' }) }), version: '1' } },
        champion: 'v1',
      },
    );
    const outer = understudy.defineModel(
      { ...contract, name: 'outer' },
      {
        variants: { v1: { predictor: async (row, call) => (await inner.predict(row, { within: call })).output, version: '1' } },
        champion: 'v1',
        fallback: [always({ malignant: 0.5 })],
      },
    );
    const pending = outer.predict({ radius: 1 }, { deadlineMs: 500 });
    await clock.advance(1000);
    const decision = await pending;
    expect(decision.servedBy.tier).toBe('always');
    await clock.advance(20_000);
    await understudy.flush();
    const events = sink.ofType('decision');
    const child = events.find(({ model }) => model === 'inner');
    expect(child?.parentId).toBe(decision.id.slice(0, 20));
    expect(child?.durationMs).toBeLessThan(510);
  });
});

describe('effects', () => {
  test("'once' is never retried", async () => {
    const { understudy } = setUp();
    const predictor = injectFaults(answer(0), { schedule: () => ({ kind: 'error', error: new Error('down') }) });
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor, version: '1', effects: 'once' } },
      champion: 'v1',
      policies: [retry({ attempts: 3, baseMs: 0 })],
      fallback: [always({ malignant: 0 })],
    });
    await model.predict({ radius: 1 });
    expect(predictor.calls).toBe(1);
  });

  test('shadows of what has effects must be declared safe, and once never can (conformance row 37)', () => {
    const { understudy } = setUp();
    const variants = {
      v1: { predictor: answer(0), version: '1' },
      v2: { predictor: answer(0), version: '2', effects: 'idempotent' },
      v3: { predictor: answer(0), version: '3', effects: 'once' },
    } as const;
    expect(() =>
      understudy.defineModel(contract, { variants, champion: 'v1', shadow: { v2: {}, v3: { allowEffects: true } } }),
    ).toThrow(/options\.shadow\.v2\.allowEffects: v2 has effects 'idempotent'[^]*options\.shadow\.v3: v3 has effects 'once'/);
    understudy.defineModel(contract, { variants, champion: 'v1', shadow: { v2: { allowEffects: true } } });
  });
});

describe('policies', () => {
  test('merge by kind, variant over model over runtime; off removes', () => {
    const { understudy } = setUp({ policies: [timeout({ ms: 1000 }), circuitBreaker()] });
    const variants = {
      v1: { predictor: answer(0), version: '1', policies: [timeout({ ms: 300 }), off('circuitBreaker')] },
      v2: { predictor: answer(0), version: '2' },
    } as const;
    const { variants: status } = understudy
      .defineModel(contract, { variants, champion: 'v1', policies: [timeout({ ms: 500 }), retry()] })
      .status();
    expect(status['v1']?.policies).toMatchObject({ timeout: { ms: 300 }, retry: { attempts: 3 } });
    expect(status['v1']?.policies).not.toHaveProperty('circuitBreaker');
    expect(status['v2']?.policies).toMatchObject({
      timeout: { ms: 500 },
      circuitBreaker: { name: 'triage/v2', state: 'closed' },
    });
  });

  test('two models share no state of one options object, unless they name it (conformance row 19)', async () => {
    const { understudy } = setUp();
    const fail = (): never => {
      throw new Error('down');
    };
    const options = (share?: string) =>
      ({
        variants: { v1: { predictor: fail, version: '1' } },
        champion: 'v1',
        policies: [circuitBreaker({ consecutiveFailures: 2, ...(share === undefined ? {} : { endpoint: share }) })],
        fallback: [always<{ malignant: number }>({ malignant: 0 })],
      }) as const;
    const own = options();
    const [a, b] = ['a', 'b'].map((name) => understudy.defineModel({ ...contract, name }, own));
    const shared = options('gpu-cluster');
    const [c, d] = ['c', 'd'].map((name) => understudy.defineModel({ ...contract, name }, shared));
    for (let call = 0; call < 2; call++) {
      await a?.predict({ radius: 1 });
      await c?.predict({ radius: 1 });
    }
    const state = (model: typeof a) => model?.status().variants['v1']?.policies['circuitBreaker']?.['state'];
    expect([a, b, c, d].map(state)).toEqual(['open', 'closed', 'open', 'open']);
  });

  test('a throttled variant is left for another at once, and waited for where there is none', async () => {
    const { understudy, clock } = setUp();
    const throttled = injectFaults(answer(0.1), { clock });
    throttled.next({ kind: 'status', status: 429, retryAfterMs: 2000 });
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: throttled, version: '1' }, v2: { predictor: answer(0.2), version: '2' } },
      champion: 'v1',
      policies: [retry()],
      fallback: ['v2'],
    });
    await expect(model.predict({ radius: 1 })).resolves.toMatchObject({ servedBy: { variant: 'v2' } });
    await expect(model.predict({ radius: 1 })).resolves.toMatchObject({
      servedBy: { variant: 'v2' },
      reason: expect.stringContaining('has asked its callers to wait'),
    });
    expect(throttled.calls).toBe(1);
    await clock.advance(2100);
    await expect(model.predict({ radius: 1 })).resolves.toMatchObject({ servedBy: { variant: 'v1' } });
  });
});

describe('definition', () => {
  test('does no I/O, starts no timer and draws no randomness', () => {
    const clock = new VirtualClock();
    let reads = 0;
    const forbidden = (): never => {
      throw new Error('not at definition');
    };
    const store = {
      ...memoryStore(),
      name: 's',
      volatile: false,
      read: () => (reads++, Promise.resolve({ version: 0, value: undefined })),
      compareAndSet: forbidden,
    };
    const understudy = createUnderstudy({ clock, random: forbidden, store, sinks: [fakeSink()] });
    understudy.defineModel(contract, {
      variants: { v1: { predictor: forbidden, version: '1' } },
      champion: 'v1',
      split: {},
      shadow: { v1: {} },
      policies: [retry(), circuitBreaker(), concurrencyLimit(), timeout({ ms: 1 })],
    });
    expect([clock.pending, reads]).toEqual([0, 0]);
  });

  test('an invalid configuration lists all its problems at once, each with its path', () => {
    const { understudy } = setUp();
    const broken = {
      variants: { v1: { predictor: 'nope', version: '' }, v2: { predictor: answer(0), version: '2', policies: [{ kind: 'x' }] } },
      champion: 'v9',
      fallback: ['v8', 7, always({ malignant: 3 })],
      split: { v2: 1.5, v7: 0.1 },
      shadow: { v2: { sampleRate: 2, concurrency: 0 } },
      deadlineMs: -1,
    };
    const define = understudy.defineModel as unknown as (contract: object, options: object) => unknown;
    let error: unknown;
    try {
      define({ name: '', input, output: {} }, broken);
    } catch (thrown) {
      error = thrown;
    }
    expect(UnderstudyError.is(error, 'CONFIGURATION_INVALID')).toBe(true);
    const paths = UnderstudyError.is(error) ? error.details.problems?.map(({ path }) => path) : [];
    expect(paths).toEqual([
      'contract.name',
      'contract.output',
      'options.deadlineMs',
      'options.variants.v1.predictor',
      'options.variants.v1.version',
      'options.variants.v2.policies[0]',
      'options.champion',
      'options.fallback[0]',
      'options.fallback[1]',
      'options.split.v2',
      'options.split.v7',
      'options.shadow.v2.sampleRate',
      'options.shadow.v2.concurrency',
    ]);
    expect(() =>
      define(contract, {
        variants: { v1: { predictor: answer(0), version: '1' } },
        champion: 'v1',
        fallback: [always({ malignant: 3 })],
      }),
    ).toThrow(/options\.fallback\[0\]/);
    expect(() => define({}, undefined as unknown as object)).toThrow(/takes two objects/);
  });

  test('a name can be defined once, unless it replaces', () => {
    const { understudy } = setUp();
    const options = { variants: { v1: { predictor: answer(0), version: '1' } }, champion: 'v1' } as const;
    understudy.defineModel(contract, options);
    expect(() => understudy.defineModel(contract, options)).toThrow(expect.objectContaining({ code: 'DUPLICATE_MODEL' }));
    understudy.defineModel(contract, { ...options, replace: true });
    defineModel({ ...contract, name: 'in the default runtime' }, options);
  });
});

describe('split and force', () => {
  test('units are sticky, shares are kept, and probabilities are told', async () => {
    const { understudy } = setUp();
    const variants = { v1: { predictor: answer(0.1), version: '1' }, v2: { predictor: answer(0.2), version: '2' } } as const;
    const model = understudy.defineModel(contract, { variants, champion: 'v1', split: { v2: 0.3 } });
    const first = await Promise.all(Array.from({ length: 400 }, (_, unit) => model.predict({ radius: 1 }, { unit: `u${unit}` })));
    const again = await Promise.all(Array.from({ length: 400 }, (_, unit) => model.predict({ radius: 1 }, { unit: `u${unit}` })));
    expect(again.map(({ assigned }) => assigned)).toEqual(first.map(({ assigned }) => assigned));
    const challengers = first.filter(({ assigned }) => assigned === 'v2');
    expect(challengers.length).toBeGreaterThan(80);
    expect(challengers.length).toBeLessThan(160);
    expect(challengers[0]?.explain().assignment).toEqual({ variant: 'v2', probability: 0.3, reason: 'split' });
    expect(model.status().variants).toMatchObject({
      v1: { share: 0.7, role: 'champion' },
      v2: { share: 0.3, role: 'challenger' },
    });
  });
});

describe('control', () => {
  const define = (options: UnderstudyOptions = {}) => {
    const setup = setUp(options);
    const variants = { v1: { predictor: answer(0.1), version: '1' }, v2: { predictor: answer(0.2), version: '2' } } as const;
    return {
      ...setup,
      model: setup.understudy.defineModel(contract, {
        variants,
        champion: 'v1',
        split: { v2: 0.5 },
        fallback: [table, always({ malignant: 0.5 })],
      }),
    };
  };

  test('pin sends every call to one variant, until unpin', async () => {
    const { model } = define();
    await model.control.pin('v2', BY);
    for (let unit = 0; unit < 20; unit++)
      expect(await model.predict({ radius: 1 }, { unit: `u${unit}` })).toMatchObject({
        assigned: 'v2',
        degraded: false,
        reason: 'An operator pinned v2.',
      });
    await model.control.unpin(BY);
    const served = await Promise.all(Array.from({ length: 50 }, (_, unit) => model.predict({ radius: 1 }, { unit: `u${unit}` })));
    expect(new Set(served.map(({ assigned }) => assigned))).toEqual(new Set(['v1', 'v2']));
  });

  test('isolate gives the units of a challenger to the champion; the champion itself to the tiers after it', async () => {
    const { model } = define();
    await model.control.isolate('v2', BY);
    for (let unit = 0; unit < 20; unit++) expect((await model.predict({ radius: 1 }, { unit: `u${unit}` })).assigned).toBe('v1');
    await model.control.isolate('v1', BY);
    expect(await model.predict({ radius: 1 })).toMatchObject({
      servedBy: { tier: 'always' },
      degraded: true,
      reason: expect.stringContaining('isolated until control.readmit()'),
    });
    await model.control.readmit('v1', BY);
    expect(await model.predict({ radius: 1 })).toMatchObject({ assigned: 'v1', degraded: false });
  });

  test('pause: no model tier serves until a resume; without another tier, PAUSED', async () => {
    const { model, understudy } = define();
    await model.control.pause({ ...BY, reason: 'accuracy fell' });
    expect(await model.predict({ radius: 20 })).toMatchObject({
      servedBy: { tier: 'rules' },
      degraded: true,
      reason: expect.stringContaining('accuracy fell'),
    });
    await model.control.resume(BY);
    expect((await model.predict({ radius: 20 })).servedBy.tier).toBe('model');
    const bare = understudy.defineModel(
      { ...contract, name: 'bare' },
      { variants: { v1: { predictor: answer(0), version: '1' } }, champion: 'v1' },
    );
    await bare.control.pause(BY);
    await expect(bare.predict({ radius: 1 })).rejects.toMatchObject({
      code: 'PAUSED',
      message: expect.stringContaining('name rules() or always()'),
    });
  });

  test('every command is authorised and audited, with who and why', async () => {
    const { model, sink, understudy } = define({
      authorize: ({ roles }, { kind }) => roles.includes('model-owner') && kind !== 'pin',
    });
    await model.control.isolate('v2', BY);
    await expect(model.control.pin('v1', BY)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    // @ts-expect-error no reason
    await expect(model.control.pause({ by: { id: '', roles: [] } })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { problems: [{ path: 'note.by.id' }, { path: 'note.reason' }] },
    });
    // @ts-expect-error no such variant
    await expect(model.control.isolate('v9', BY)).rejects.toMatchObject({ code: 'UNKNOWN_VARIANT' });
    await understudy.flush();
    expect(sink.ofType('control-changed')).toMatchObject([
      { command: 'isolate', variant: 'v2', by: 'ada', roles: ['model-owner'], reason: 'a test', result: 'obeyed', version: 1 },
      { command: 'pin', variant: 'v1', result: 'forbidden', version: 1 },
    ]);
    expect(model.status().control).toEqual({
      known: true,
      version: 1,
      pinned: null,
      isolated: ['v2'],
      paused: false,
      pausedBy: [],
      reasons: { 'isolate/v2': 'a test' },
    });
  });

  test('the circuit of a variant is under control', async () => {
    const { understudy } = setUp();
    const model = understudy.defineModel(contract, {
      variants: {
        v1: { predictor: answer(0), version: '1', policies: [circuitBreaker()] },
        v2: { predictor: answer(0), version: '2' },
      },
      champion: 'v1',
      fallback: [always({ malignant: 0 })],
    });
    model.control.circuit('v1')?.force('forced-open', 'maintenance');
    expect(await model.predict({ radius: 1 })).toMatchObject({
      servedBy: { tier: 'always' },
      reason: expect.stringContaining('forced-open'),
    });
    model.control.circuit('v1')?.release('done');
    expect((await model.predict({ radius: 1 })).servedBy.tier).toBe('model');
    expect(model.control.circuit('v2')).toBeUndefined();
  });
});

describe('predictMany', () => {
  test('results in order, at most so many at once, one failure alone, progress told', async () => {
    const { understudy, clock } = setUp();
    let running = 0;
    let most = 0;
    const model = understudy.defineModel(contract, {
      variants: {
        v1: {
          predictor: async ({ radius }) => {
            most = Math.max(most, ++running);
            await new Promise<void>((done) => void clock.schedule(done, radius));
            running--;
            if (radius === 5) throw new Error('five');
            return { malignant: radius / 100 };
          },
          version: '1',
        },
      },
      champion: 'v1',
    });
    const progress: unknown[] = [];
    const radii = [9, 1, 5, 3, 7, 2];
    const pending = model.predictMany(
      radii.map((radius) => ({ radius })),
      {
        concurrency: 2,
        unit: (_, index) => `u${index}`,
        onProgress: (step) => {
          progress.push(step);
          throw new Error('a progress bar');
        },
      },
    );
    await clock.advance(100);
    const results = await pending;
    expect(most).toBe(2);
    expect(
      results.map((result) => (result.status === 'fulfilled' ? Math.round(result.value.output.malignant * 100) : 'failed')),
    ).toEqual([9, 1, 'failed', 3, 7, 2]);
    expect(progress).toHaveLength(6);
    expect(progress.at(-1)).toEqual({ settled: 6, failed: 1, total: 6 });
    await expect(model.predictMany([{ radius: 1 }], { concurrency: 0 })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(model.predictMany([])).resolves.toEqual([]);
  });

  test('an abort settles the rest without calling anything', async () => {
    const { understudy, clock } = setUp();
    const predictor = injectFaults(answer(0), { clock, schedule: () => ({ kind: 'hang' }) });
    const model = understudy.defineModel(contract, { variants: { v1: { predictor, version: '1' } }, champion: 'v1' });
    const abort = new AbortController();
    const pending = model.predictMany(
      Array.from({ length: 50 }, () => ({ radius: 1 })),
      { concurrency: 4, signal: abort.signal },
    );
    await clock.advance(1);
    abort.abort(new Error('stop'));
    const results = await pending;
    expect(results.every((result) => result.status === 'rejected' && result.reason === abort.signal.reason)).toBe(true);
    expect(predictor.calls).toBe(4);
  });
});

describe('outcomes', () => {
  test('are counted from the id alone, also by another process; repeats, strangers, late and forged ones are told', async () => {
    const variants = { v1: { predictor: answer(0.9), version: '1' } } as const;
    const one = setUp();
    const model = one.understudy.defineModel(contract, { variants, champion: 'v1' });
    const other = setUp();
    const recorder = other.understudy.defineModel(contract, {
      variants: {
        v1: {
          predictor: () => {
            throw new Error('never called');
          },
          version: '1',
        },
      },
      champion: 'v1',
      outcomes: { windowMs: 60_000 },
    });
    const { id } = await model.predict({ radius: 1 }, { unit: 'u' });
    other.clock.freeze(5000);
    expect(await recorder.recordOutcome(id, { truth: { malignant: 1 } })).toBe('counted');
    expect(await recorder.recordOutcome(id, { kpi: { savedMinutes: 12 } })).toBe('counted');
    expect(await recorder.recordOutcome(id, { truth: { malignant: 1 } })).toBe('duplicate');
    expect(await recorder.recordOutcome('something else', { feedback: { agree: true } })).toBe('unknown');
    expect(await recorder.recordOutcome(`${id.slice(0, 30)}zz${id.slice(32)}`, { feedback: { agree: true } })).toBe('forged');
    other.clock.freeze(60_000);
    expect(await recorder.recordOutcome(id, { override: { output: { malignant: 0 }, by: 'dr', reason: 'seen' } })).toBe('late');
    const stranger = one.understudy.defineModel({ ...contract, name: 'stranger' }, { variants, champion: 'v1' });
    expect(await recorder.recordOutcome((await stranger.predict({ radius: 1 })).id, { feedback: { agree: true } })).toBe(
      'unknown',
    );
    expect(recorder.status().outcomes).toEqual({ counted: 2, unscored: 0, duplicate: 1, unknown: 2, late: 1, forged: 1 });
    await other.understudy.flush();
    expect(other.sink.ofType('outcome').find(({ kind }) => kind === 'truth')).toMatchObject({
      decisionId: id,
      kind: 'truth',
      result: 'counted',
      assigned: 'v1',
      servedBy: 'v1',
      tier: 'model',
      probability: 1,
      delayMs: 5000,
    });
    expect(JSON.stringify(other.sink.events)).not.toContain('malignant');
  });

  test('what breaks the contract is told with its path, and counts for nothing', async () => {
    const { understudy } = setUp();
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: answer(0.9), version: '1' } },
      champion: 'v1',
    });
    const { id } = await model.predict({ radius: 1 });
    await expect(model.recordOutcome(id, { truth: { malignant: 2 } })).rejects.toMatchObject({
      code: 'OUTCOME_INVALID',
      details: { problems: [{ path: 'truth.malignant' }] },
    });
    // @ts-expect-error unknown kpi
    await expect(model.recordOutcome(id, { kpi: { saved: 1 } })).rejects.toMatchObject({
      details: { problems: [{ path: 'kpi.saved', message: "expected one of the contract's KPIs savedMinutes" }] },
    });
    // @ts-expect-error nothing known
    await expect(model.recordOutcome(id, {})).rejects.toMatchObject({ code: 'OUTCOME_INVALID' });
    await expect(model.recordOutcome(id, { kpi: { savedMinutes: Number.NaN } })).rejects.toMatchObject({
      code: 'OUTCOME_INVALID',
    });
    expect(await model.recordOutcome(id, { truth: { malignant: 1 } })).toBe('counted');
  });
});

describe('content and listeners', () => {
  test('conformance row 45: no input or output reaches a sink, but for what is allowed, as it was', async () => {
    const open = fakeSink({ name: 'open', content: true });
    const closed = fakeSink({ name: 'closed' });
    const { understudy } = setUp({ sinks: [open, closed], redact: allowFields(['input.radius', 'output.malignant']) });
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: async () => ({ malignant: 0.123_456 }), version: '1' } },
      champion: 'v1',
    });
    const row = { radius: 7.654_321, note: 'canary-in-the-note' };
    await model.predict(row, { unit: 'canary-unit' });
    row.radius = 1;
    await understudy.flush();
    expect(open.ofType('decision')[0]).toMatchObject({ input: { radius: 7.654_321 }, output: { malignant: 0.123_456 } });
    expect(JSON.stringify(open.events)).not.toContain('canary');
    for (const value of ['canary', '7.654321', '0.123456']) expect(JSON.stringify(closed.events)).not.toContain(value);
  });

  test('conformance row 8: a listener that throws, and a sink that fails, change no result', async () => {
    const sink = fakeSink();
    sink.failNext(new Error('sink'), 'sink', null);
    const { understudy } = setUp({ sinks: [sink], sinkQueue: { backoffMs: 0 } });
    const predictor = injectFaults(answer(0.5));
    const model = understudy.defineModel(contract, { variants: { v1: { predictor, version: '1' } }, champion: 'v1' });
    const heard: string[] = [];
    model.on('decision', () => {
      throw new Error('listener');
    });
    model.on('decision', async () => {
      throw new Error('asynchronous listener');
    });
    const end = model.on('decision', ({ id }) => void heard.push(id));
    const decision = await model.predict({ radius: 1 });
    end();
    await model.predict({ radius: 1 });
    await Promise.resolve();
    expect(heard).toEqual([decision.id]);
    expect(predictor.calls).toBe(2);
    expect(model.status().listenerFailures).toBe(4);
    await understudy.flush();
    expect(sink.ofType('decision')).toHaveLength(2);
  });

  test('events are frozen, and changes of a circuit are events', async () => {
    const { understudy } = setUp();
    const model = understudy.defineModel(contract, {
      variants: {
        v1: {
          predictor: () => {
            throw new Error('down');
          },
          version: '1',
        },
      },
      champion: 'v1',
      policies: [circuitBreaker({ consecutiveFailures: 1 })],
      fallback: [always({ malignant: 0 })],
    });
    const changes: string[] = [];
    model.on('circuit-changed', ({ variant, from, to, reason }) => void changes.push(`${variant} ${from} ${to}: ${reason}`));
    understudy.on('decision', (event) => expect(Object.isFrozen(event)).toBe(true));
    await model.predict({ radius: 1 });
    expect(changes).toEqual(['v1 closed open: 1 consecutive failures']);
  });
});

describe('the end', () => {
  test('close refuses new calls, lets those in flight end, then closes predictors and sinks', async () => {
    const { understudy, clock, sink } = setUp();
    let closed = 0;
    const predictor = Object.assign(injectFaults(answer(0.5), { clock, schedule: () => ({ kind: 'delay', ms: 100 }) }), {
      close: () => void closed++,
    });
    const model = understudy.defineModel(contract, { variants: { v1: { predictor, version: '1' } }, champion: 'v1' });
    const flying = model.predict({ radius: 1 });
    const closing = understudy.close();
    await expect(model.predict({ radius: 1 })).rejects.toMatchObject({ code: 'CLOSED' });
    expect(() =>
      understudy.defineModel({ ...contract, name: 'late' }, { variants: { v1: { predictor, version: '1' } }, champion: 'v1' }),
    ).toThrow(/has been closed/);
    expect(closed).toBe(0);
    await clock.advance(200);
    await expect(flying).resolves.toMatchObject({ output: { malignant: 0.5 } });
    await closing;
    expect([closed, sink.closed, sink.ofType('decision').length]).toEqual([1, true, 1]);
    await understudy.close();
    expect(closed).toBe(1);
  });

  test('close gives up in time when a predictor or a sink hangs', async () => {
    const sink = fakeSink();
    sink.hold();
    const { understudy, clock } = setUp({ sinks: [sink] });
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: () => new Promise(() => {}), version: '1' } },
      champion: 'v1',
      deadlineMs: 1e6,
    });
    model.predict({ radius: 1 }).catch(() => undefined);
    let done = false;
    const closing = understudy.close({ timeoutMs: 500 }).finally(() => {
      done = true;
    });
    await clock.advance(600);
    await closing.catch(() => undefined);
    expect(done).toBe(true);
  });
});

describe('the control document', () => {
  test('a call before it is known waits a little, then serves as declared and says so', async () => {
    const gate = Promise.withResolvers<{ version: number; value: unknown }>();
    const store = {
      ...memoryStore(),
      name: 'slow',
      volatile: false,
      read: () => gate.promise,
      compareAndSet: async () => undefined,
    };
    const { understudy, clock, sink } = setUp({ store });
    const model = understudy.defineModel(contract, {
      variants: { v1: { predictor: answer(0.1), version: '1' }, v2: { predictor: answer(0.2), version: '2' } },
      champion: 'v1',
    });
    const early = model.predict({ radius: 1 });
    await clock.advance(100);
    let served = false;
    void early.finally(() => {
      served = true;
    });
    await clock.advance(100);
    expect(served).toBe(false);
    await clock.advance(100);
    expect((await early).explain().control.known).toBe(false);
    gate.resolve({ version: 3, value: { v: 1, champion: 'v1', pinned: 'v2', isolated: [], paused: false, changed: null } });
    await understudy.ready();
    expect(await model.predict({ radius: 1 })).toMatchObject({ assigned: 'v2' });
    await understudy.flush();
    expect(sink.ofType('decision').map(({ control }) => control)).toEqual(['unknown', 'known']);
  });

  test('another process obeys a command within refreshMs, and a store that goes away changes nothing', async () => {
    const documents = new Map<string, { version: number; value: unknown }>();
    let down = false;
    const store = {
      ...memoryStore(),
      name: 'shared',
      volatile: false,
      read: async (key: string) => {
        if (down) throw new Error('store down');
        return documents.get(key) ?? { version: 0, value: undefined };
      },
      compareAndSet: async (key: string, expected: number, value: unknown) => {
        if ((documents.get(key)?.version ?? 0) !== expected) return undefined;
        documents.set(key, { version: expected + 1, value });
        return expected + 1;
      },
    };
    const variants = { v1: { predictor: answer(0.1), version: '1' }, v2: { predictor: answer(0.2), version: '2' } } as const;
    const [one, two] = [setUp({ store }), setUp({ store })];
    const [a, b] = [one, two].map(({ understudy }) => understudy.defineModel(contract, { variants, champion: 'v1' }));
    await Promise.all([one.understudy.ready(), two.understudy.ready()]);
    await a?.control.pin('v2', BY);
    expect((await a?.predict({ radius: 1 }))?.assigned).toBe('v2');
    await two.clock.advance(1100);
    await b?.predict({ radius: 1 });
    await two.clock.advance(1);
    expect((await b?.predict({ radius: 1 }))?.assigned).toBe('v2');
    down = true;
    await two.clock.advance(5000);
    await b?.predict({ radius: 1 });
    await two.clock.advance(1);
    expect((await b?.predict({ radius: 1 }))?.assigned).toBe('v2');
    await expect(b?.control.unpin(BY)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  });
});

test('testModel makes an isolated copy with predictors, clock and seed of its own', async () => {
  const model = defineModel(
    { ...contract, name: 'original' },
    {
      variants: {
        v1: {
          predictor: () => {
            throw new Error('never called');
          },
          version: '1',
        },
      },
      champion: 'v1',
      fallback: [table, always({ malignant: 0.5 })],
      policies: [timeout({ ms: 100 })],
    },
  );
  const faulty = injectFaults(() => ({ malignant: 0.3 }));
  const { model: copy, clock, sink, understudy } = testModel(model, { predictors: { v1: faulty } });
  await expect(copy.predict({ radius: 1 })).resolves.toMatchObject({ output: { malignant: 0.3 }, degraded: false });
  faulty.always({ kind: 'hang' });
  const pending = copy.predict({ radius: 1 });
  await clock.advance(200);
  await expect(pending).resolves.toMatchObject({ servedBy: { tier: 'always' } });
  await understudy.flush();
  expect(sink.ofType('decision')).toHaveLength(2);
  expect(model.status().calls.total).toBe(0);
});

test('on a request-scoped platform a freeze settles no call', async () => {
  const { understudy, clock } = setUp({ waitUntil: () => undefined });
  const model = understudy.defineModel(contract, {
    variants: {
      v1: { predictor: injectFaults(answer(0.3), { clock, schedule: () => ({ kind: 'delay', ms: 200 }) }), version: '1' },
    },
    champion: 'v1',
    policies: [timeout({ ms: 1000 })],
  });
  const thawed = model.predict({ radius: 1 });
  await clock.advance(50);
  clock.freeze(60_000);
  await clock.advance(500);
  await expect(thawed).resolves.toMatchObject({ output: { malignant: 0.3 } });
  const late = model.predict({ radius: 1 }, { deadlineMs: 100 }).catch((error: unknown) => error);
  await clock.advance(150);
  expect(await late).toMatchObject({ code: 'NOTHING_SERVED' });
});

test('a timeout says the limit that was configured, at any fraction of a millisecond', async () => {
  const clock = new VirtualClock(1000.7);
  const model = setUp({ clock }).understudy.defineModel(contract, {
    variants: { v1: { predictor: () => new Promise(() => {}), version: '1' } },
    champion: 'v1',
    policies: [timeout({ ms: 400 })],
    fallback: [always({ malignant: 0 })],
  });
  const pending = model.predict({ radius: 1 });
  await clock.advance(500);
  expect((await pending).reason).toBe(
    'always "always" served in place of v1, after: triage/v1 did not answer within 400 ms: make it faster, or raise its timeout.',
  );
});

test('conformance row 45: no message of a schema, a predictor or a rule carries content into an event', async () => {
  const { understudy, sink } = setUp();
  const telling = {
    '~standard': {
      version: 1 as const,
      vendor: 'telling',
      validate: (value: unknown) => ({ issues: [{ message: `got canary ${JSON.stringify(value)}`, path: ['malignant'] }] }),
    },
  };
  const model = understudy.defineModel(
    { name: 'telling', input, output: telling },
    {
      variants: {
        v1: { predictor: () => ({ malignant: 0.123 }), version: '1' },
        v2: { predictor: ({ radius }) => Promise.reject(new TypeError(`canary ${radius}`)), version: '2' },
      },
      champion: 'v1',
      fallback: ['v2'],
    },
  );
  const error: unknown = await model.predict({ radius: 4.321 }).catch((thrown: unknown) => thrown);
  expect(String(error)).toContain('canary');
  await understudy.flush();
  const [event] = sink.ofType('decision');
  expect(JSON.stringify(sink.events)).not.toMatch(/canary|0\.123|4\.321/);
  expect(event?.attempts.map(({ message }) => message)).toEqual([
    'The output of "v1" broke its contract in one place.',
    'v2 threw an error of its own (TypeError).',
  ]);
  expect(event?.reason).toBe('Nothing could serve model "telling": v1: OUTPUT_INVALID, v2: PREDICTOR_FAILED.');
});

test('a sink that cannot be closed keeps the store from nothing', async () => {
  let storeClosed = false;
  const store = { ...memoryStore(), close: async () => void (storeClosed = true) };
  const sink = {
    ...fakeSink({ name: 'stubborn' }),
    close: () => {
      throw new Error('stubborn');
    },
  };
  const { understudy } = setUp({ store, sinks: [sink] });
  await expect(understudy.close()).rejects.toThrow(/failed to close|stubborn/);
  expect(storeClosed).toBe(true);
});
