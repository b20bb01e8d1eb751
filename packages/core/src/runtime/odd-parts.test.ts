/** Values that look right, with a part that does not: of what is thrown, returned, told and given. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { http } from '../adapters/http.ts';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { rulesFromJson } from '../fallback/rules-json.ts';
import { memoryStore } from '../control/memory-store.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { composeWith } from '../policies/compose.ts';
import { guardedFetch } from '../adapters/guarded-fetch.ts';
import { retry } from '../policies/retry.ts';
import type { CustomPolicy } from '../types/index.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { createUnderstudy } from './create-understudy.ts';

const input = z.object({ x: z.number() });
const output = z.object({ y: z.number() });
const SAFE = always<{ y: number }>({ y: 0 });
const NOTE = { by: { id: 'ana', roles: [] }, reason: 'a test' };

const revoked = (): never[] => {
  const { proxy, revoke } = Proxy.revocable<never[]>([], {});
  revoke();
  return proxy;
};
const throws = (): never => {
  throw new Error('odd');
};
/** A native promise whose constructor, which its `then` reads, cannot be read. */
const poisoned = (): Promise<{ y: number }> => Object.defineProperty(Promise.resolve({ y: 1 }), 'constructor', { get: throws });
const withCode = (code: PropertyDescriptor): UnderstudyError =>
  Object.defineProperty(new UnderstudyError('TIMEOUT', 'late'), 'code', code);

const unhandled: unknown[] = [];
const hear = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on('unhandledRejection', hear).on('uncaughtException', hear));
afterEach(async () => {
  // Rejections are told after the microtasks.
  await new Promise((done) => setTimeout(done, 5));
  process.off('unhandledRejection', hear).off('uncaughtException', hear);
  const [first] = unhandled.splice(0);
  if (first !== undefined) throw new Error('Nobody heard of a rejection.', { cause: first });
});

function setUp(predictor: (given: { x: number }) => unknown, options: object = {}) {
  const sink = fakeSink();
  const understudy = createUnderstudy({ sinks: [sink] });
  const model = understudy.defineModel(
    { name: 'p', input, output },
    {
      variants: { v: { predictor: predictor as never, version: '1' } },
      champion: 'v',
      fallback: [SAFE],
      deadlineMs: 60_000,
      ...options,
    },
  );
  return { model, understudy, sink };
}

describe('F1 what is thrown with a part that cannot be read is a failed attempt', () => {
  test.each<[string, () => unknown]>([
    ['its list of errors', () => Object.assign(new Error('x'), { errors: revoked() })],
    ['the list of errors of its cause', () => new Error('x', { cause: { errors: revoked() } })],
    ['its headers', () => ({ status: 503, headers: revoked() })],
    ['its problems', () => new UnderstudyError('OUTPUT_INVALID', 'm', { details: { problems: revoked() } })],
    ['its details', () => Object.defineProperty(new UnderstudyError('THROTTLED', 'm'), 'details', { get: throws })],
    [
      'whether it is worth another try',
      () => Object.defineProperty(new UnderstudyError('HTTP_STATUS', 'm'), 'retryable', { get: throws }),
    ],
    ['its code', () => withCode({ get: throws })],
    ['its code, which is no text', () => withCode({ value: { toString: throws } })],
    ['its code, which is a whole sentence', () => withCode({ value: 'customer SECRET' })],
    ['its message', () => Object.defineProperty(new UnderstudyError('TIMEOUT', 'm'), 'message', { value: 7 })],
    ['headers that answer later', () => ({ status: 429, headers: { get: () => Promise.reject(new Error('later')) } })],
  ])('%s', async (_, thrown) => {
    for (const policies of [[], [retry({ attempts: 2, baseMs: 1 }), circuitBreaker()]]) {
      const { model, understudy, sink } = setUp(() => Promise.reject(thrown()), { policies });
      const decision = await model.predict({ x: 1 });
      expect(decision.servedBy.tier).toBe('always');
      expect(decision.explain().attempts.at(0)?.errorType).toMatch(/^[A-Z_]+$/);
      expect(model.status().calls.inFlight).toBe(0);
      await understudy.close();
      expect(JSON.stringify(sink.events)).not.toContain('SECRET');
    }
  });

  test('by a tier of the user, and by the output contract', async () => {
    const thrown = Object.assign(new Error('x'), { errors: revoked() });
    const fails = (): never => {
      throw thrown;
    };
    const tier = { ...SAFE, tier: 'rules', name: 'mine', answer: fails };
    const byTier = setUp(throws, { fallback: [tier, SAFE] });
    expect((await byTier.model.predict({ x: 1 })).servedBy.tier).toBe('always');
    const odd = createUnderstudy().defineModel(
      { name: 'q', input, output: output.refine(({ y }) => y === 0 || fails()) },
      { variants: { v: { predictor: () => ({ y: 1 }), version: '1' } }, champion: 'v', fallback: [SAFE] },
    );
    expect((await odd.predict({ x: 1 })).servedBy.tier).toBe('always');
    expect([byTier.model.status().calls.inFlight, odd.status().calls.inFlight]).toEqual([0, 0]);
  });
});

describe('A4 a native promise whose constructor cannot be read', () => {
  test('of a predictor, now and later, is a failed attempt', async () => {
    const { model, understudy } = setUp(poisoned);
    expect((await model.predict({ x: 1 })).servedBy.tier).toBe('always');
    expect(model.status().calls.inFlight).toBe(0);
    await understudy.close();
  });

  test('of a shadow and of an assignment harms nobody', async () => {
    const variants = { v: { predictor: () => ({ y: 1 }), version: '1' }, w: { predictor: poisoned, version: '1' } };
    const shadowed = setUp(throws, { variants, shadow: { w: {} } });
    expect((await shadowed.model.predict({ x: 1 })).output).toEqual({ y: 1 });
    await shadowed.understudy.close();
    const assigned = setUp(throws, { variants, assign: () => poisoned() });
    expect((await assigned.model.predict({ x: 1 })).output).toEqual({ y: 1 });
    await assigned.understudy.close();
  });
});

describe('A24 options of a call', () => {
  test.each([Number.NaN, -Infinity, '5', undefined])('within a call that has %o left is refused', async (remainingMs) => {
    const { model } = setUp(() => new Promise(() => undefined));
    const within = { signal: new AbortController().signal, remainingMs };
    await expect(model.predict({ x: 1 }, { within: within as never })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { problems: [{ path: 'options.within' }] },
    });
    expect(model.status().calls.inFlight).toBe(0);
  });

  test('a signal to which nobody can listen is refused, whoever made it', async () => {
    const own = Object.assign(new AbortController().signal, { addEventListener: throws });
    const foreign = { aborted: false, addEventListener: throws, removeEventListener: () => undefined };
    for (const signal of [own, foreign]) {
      const { model } = setUp(() => new Promise(() => undefined));
      await expect(model.predict({ x: 1 }, { signal: signal as never })).rejects.toMatchObject({
        code: 'INPUT_INVALID',
        details: { problems: [{ path: 'options.signal' }] },
      });
      await expect(composeWith({})(() => 1, { signal: signal as never })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    }
  });

  test('a signal that throws only once the call runs keeps nothing in flight', async () => {
    let listens = 0;
    const signal = {
      aborted: false,
      addEventListener: () => listens++ > 0 && throws(),
      removeEventListener: () => listens > 1 && throws(),
    };
    const { model, understudy } = setUp(async () => ({ y: 1 }));
    expect((await model.predict({ x: 1 }, { signal: signal as never })).output).toEqual({ y: 1 });
    expect(model.status().calls.inFlight).toBe(0);
    await understudy.close();
  });

  test('options that are a Map, or a promise that nobody awaited, are refused: their names would all be missed', async () => {
    const { model } = setUp(() => ({ y: 1 }));
    for (const options of [new Map([['force', 'w']]), Promise.resolve({ force: 'w' })])
      await expect(model.predict({ x: 1 }, options as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    for (const options of [new Map([['sinks', []]]), Promise.resolve({ sinks: [] })])
      expect(() => createUnderstudy(options as never)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });

  test('the unit of many that throws, comes later, or is none, is told with its input', async () => {
    const { model } = setUp(() => ({ y: 1 }));
    for (const [unit, message] of [
      [throws, 'options.unit: threw for inputs[0]: odd'],
      [() => Promise.reject(new Error('later')), 'options.unit: expected a text, a finite number or a bigint'],
      [() => undefined, 'options.unit: expected a text, a finite number or a bigint, got null'],
    ] as const) {
      const [result] = await model.predictMany([{ x: 1 }], { unit: unit as never });
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'INPUT_INVALID', message: expect.stringContaining(message) },
      });
    }
  });
});

describe('B4 nothing is taken in silence', () => {
  test('a subscription to an event that there is not, or by what is no function', () => {
    const { model, understudy } = setUp(() => ({ y: 1 }));
    for (const owner of [model, understudy]) {
      expect(() => owner.on('decison' as never, () => undefined)).toThrow('did you mean decision?');
      for (const [type, listener, path] of [
        ['toString', () => undefined, 'type'],
        [null, () => undefined, 'type'],
        ['decision', null, 'listener'],
        ['decision', {}, 'listener'],
      ] as const)
        expect(() => owner.on(type as never, listener as never)).toThrow(
          expect.objectContaining({ code: 'INPUT_INVALID', details: { problems: [expect.objectContaining({ path })] } }),
        );
    }
  });

  test('a policy whose machine cannot be made, or is none', () => {
    const policy = (create: () => unknown): CustomPolicy => ({ kind: 'own', create: create as never });
    for (const [create, message] of [
      [throws, 'create: threw: odd'],
      [() => null, 'create: must return an object with the methods admit, settle'],
      [() => ({ admit: () => 0 }), 'create: must return an object with the methods admit, settle'],
      [() => Promise.reject(new Error('later')), 'create: must return an object with'],
    ] as const) {
      const told = expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(message) });
      expect(() => composeWith({}, policy(create))).toThrow(told);
      expect(() => setUp(() => ({ y: 1 }), { policies: [policy(create)] })).toThrow(told);
    }
    expect(() => guardedFetch([null as never])).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }));
  });

  test('options of a queue that no sink has, a variant without a name, a table that throws when it is read', () => {
    for (const sinkQueue of [{ max: 5 }, null]) expect(() => createUnderstudy({ sinkQueue } as never)).toThrow(/sinkQueue/);
    expect(() => setUp(throws, { variants: { '': { predictor: throws, version: '1' } }, champion: '' })).toThrow(
      'expected a name for the variant that is not empty',
    );
    const table = Object.defineProperty({ v: 1 }, 'name', { enumerable: true, get: throws });
    expect(() => rulesFromJson(table, { name: 'p', input, output })).toThrow(expect.objectContaining({ code: 'RULES_INVALID' }));
  });
});

describe('F10 a command for what is no variant', () => {
  test.each([5, Number.NaN, {}, ['v'], true, 5n, Symbol('x'), null, undefined, '', () => 'v'])(
    '%o writes nothing',
    async (variant) => {
      const store = memoryStore();
      const understudy = createUnderstudy({ store });
      const model = understudy.defineModel(
        { name: 'p', input, output },
        { variants: { v: { predictor: () => ({ y: 1 }), version: '1' } }, champion: 'v' },
      );
      for (const command of ['pin', 'isolate', 'readmit'] as const)
        await expect(model.control[command](variant as never, NOTE)).rejects.toMatchObject({
          code: 'INPUT_INVALID',
          details: { problems: [expect.objectContaining({ path: 'variant' })] },
        });
      expect((await store.read('model/p')).version).toBe(0);
      await model.control.pause(NOTE);
      expect(model.status().control).toMatchObject({ known: true, paused: true });
      await understudy.close();
    },
  );
});

describe('F5, F8 what is said of a call is short, and ours', () => {
  test('an event repeats no words of an error that a predictor made with our class', async () => {
    for (const code of ['TIMEOUT', 'PAUSED', 'THROTTLED', 'POLICY_REJECTED'] as const) {
      const { model, understudy, sink } = setUp(() => {
        throw new UnderstudyError(code, 'no answer for customer SECRET');
      });
      expect((await model.predict({ x: 1 })).reason).toContain('SECRET');
      await understudy.close();
      expect(sink.events.length).toBeGreaterThan(0);
      expect(JSON.stringify(sink.events)).not.toContain('SECRET');
    }
  });

  test('the reason of an operator has an end, and so has what a policy refuses with', async () => {
    const long = 'x'.repeat(1001);
    const own: CustomPolicy = { kind: 'own', create: () => ({ admit: () => ({ refused: long }), settle: () => undefined }) };
    const { model } = setUp(() => ({ y: 1 }), { policies: [own, circuitBreaker()] });
    expect((await model.predict({ x: 1 })).reason.length).toBeLessThan(400);
    expect(() => model.control.circuit('v')?.force('forced-open', long)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
    await expect(model.control.pause({ ...NOTE, reason: long })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { problems: [{ path: 'note.reason' }] },
    });
    await expect(model.control.pause({ ...NOTE, by: { id: long, roles: [] } })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await model.control.pause({ ...NOTE, reason: 'x'.repeat(1000) });
  });
});

describe('F1 a function that must answer at once, and answers later', () => {
  const later = (): Promise<never> => Promise.reject(new Error('later'));

  test('the address of a request', async () => {
    const { model } = setUp(http({ url: later as never }) as never);
    const decision = await model.predict({ x: 1 });
    expect([decision.servedBy.tier, decision.reason]).toEqual([
      'always',
      expect.stringContaining(
        "http.url: expected the function to return an address ('https://host/path') at once, got an object",
      ),
    ]);
    const text = setUp(http({ url: () => 'SECRET', body: later }) as never);
    expect((await text.model.predict({ x: 1 })).reason).not.toContain('SECRET');
    const body = setUp(http({ url: 'http://127.0.0.1:9', body: later }) as never);
    expect((await body.model.predict({ x: 1 })).servedBy.tier).toBe('always');
  });

  test('whether a result is a failure', async () => {
    const call = composeWith({ failsOn: later as never });
    await expect(call(() => 5)).rejects.toThrow('failsOn() must answer true or false at once.');
    await expect(composeWith({ failsOn: (async () => true) as never })(() => 5)).rejects.toThrow(TypeError);
  });
});

describe('an outcome with a `then`', () => {
  test('is an outcome, and no promise', async () => {
    const understudy = createUnderstudy();
    const truth = z.object({ y: z.number() }).transform(({ y }) => ({ y, then: 'a word' }));
    const model = understudy.defineModel(
      { name: 'p', input, output, truth },
      { variants: { v: { predictor: () => ({ y: 1 }), version: '1' } }, champion: 'v' },
    );
    const { id } = await model.predict({ x: 1 });
    expect(await model.recordOutcome(id, { truth: { y: 1 } } as never)).toBe('counted');
    for (const outcome of [{ feedback: { agree: true }, then: () => undefined }, new Proxy({}, { get: throws })])
      await expect(model.recordOutcome(id, outcome as never)).rejects.toMatchObject({ code: 'OUTCOME_INVALID' });
    await understudy.close();
  });
});
