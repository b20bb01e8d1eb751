import { Keyv } from 'keyv';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { always } from '../fallback/always.ts';
import { textStream } from '../model/model-stream.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Call } from '../types/index.ts';
import { cache } from './cache.ts';
import type { AnswerStore, CacheOptions } from './cache-options.ts';
import { compose } from './compose.ts';
import { guardedFetch } from '../adapters/guarded-fetch.ts';
import { pool } from './pool.ts';

const contract = { name: 'm', input: z.object({ q: z.unknown() }), output: z.object({ text: z.string() }) };

function setUp(options: Partial<CacheOptions> = {}, more: object = {}) {
  const clock = new VirtualClock();
  const sink = fakeSink();
  const state = { calls: 0, fails: false, finishReason: 'stop' as 'stop' | 'length' | 'content-filter' | 'error' };
  const understudy = createUnderstudy({ clock, sinks: [sink] });
  const model = understudy.defineModel(contract, {
    variants: {
      v1: {
        predictor: (_input: unknown, call: Call) => {
          state.calls++;
          call.report({ finishReason: state.finishReason });
          if (state.fails) throw new Error('down');
          return { text: `answer ${state.calls}` };
        },
        version: '1',
      },
    },
    champion: 'v1',
    policies: [cache({ ttlMs: 1000, ...options })],
    ...more,
  });
  const ask = async (q: unknown, tenant?: string) => model.predict({ q }, tenant === undefined ? {} : { tenant });
  const counts = (): unknown => model.status().variants['v1']?.policies['cache'];
  return { clock, sink, state, understudy, model, ask, counts };
}

describe('a hit', () => {
  test('is served by the tier cache, not degraded, with a decision and an event of its own', async () => {
    const { ask, state, model, sink, understudy, clock } = setUp();
    const first = await ask('a');
    await clock.advance(500);
    const second = await ask('a');
    expect(state.calls).toBe(1);
    expect(first.servedBy.tier).toBe('model');
    expect(second).toMatchObject({
      output: { text: 'answer 1' },
      servedBy: { tier: 'cache', variant: 'v1', version: '1' },
      degraded: false,
      usage: undefined,
      reason: 'v1 is the champion. The answer came from its cache.',
    });
    expect(second.id).not.toBe(first.id);
    expect(second.explain().attempts).toMatchObject([{ name: 'v1', tier: 'cache', durationMs: 0 }]);
    expect(model.status()).toMatchObject({ servedByTier: { model: 1, cache: 1 }, variants: { v1: { served: 1 } } });
    await understudy.flush();
    expect(sink.events.filter(({ type }) => type === 'decision')).toMatchObject([
      { tier: 'model' },
      { tier: 'cache', servedBy: 'v1' },
    ]);
    expect(await model.recordOutcome(second.id, { feedback: { agree: true } })).toBe('counted');
  });

  test('is a copy: who changes it changes it for himself', async () => {
    const { ask } = setUp();
    const first = await ask('a');
    first.output.text = 'changed';
    const second = await ask('a');
    second.output.text = 'changed too';
    expect((await ask('a')).output.text).toBe('answer 1');
  });

  test('has the same input, whatever the order of its fields, and the same tenant', async () => {
    const { ask, state } = setUp();
    await ask({ a: 1, b: [2] });
    await ask({ b: [2], a: 1 });
    expect(state.calls).toBe(1);
    await ask({ a: 1, b: [2] }, 'acme');
    await ask({ a: 1, b: [2] }, 'other');
    await ask({ a: 1, b: [3] });
    expect(state.calls).toBe(4);
  });

  test('is of one version: another one has answers of its own', async () => {
    const store = new Map<string, string>();
    const first = setUp({ store });
    await first.ask('a');
    await first.clock.advance(1);
    await first.understudy.close();
    const second = setUp({ store }, { variants: { v1: { predictor: () => ({ text: 'new' }), version: '2' } } });
    expect((await second.ask('a')).output.text).toBe('new');
  });

  test('is served though the circuit is open, and not to a caller who has gone', async () => {
    const { ask, model, state } = setUp();
    await ask('a');
    state.fails = true;
    expect((await ask('a')).servedBy.tier).toBe('cache');
    await expect(model.predict({ q: 'a' }, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
  });
});

describe('what is not kept', () => {
  test.each(['length', 'content-filter', 'error'] as const)('an answer that ended by %s', async (finishReason) => {
    const { ask, state, counts } = setUp();
    state.finishReason = finishReason;
    await ask('a');
    await ask('a');
    expect(state.calls).toBe(2);
    expect(counts()).toMatchObject({ notKept: 2, kept: 0 });
  });

  test('failures, fixed answers, and those of a variant that was a fallback', async () => {
    let calls = 0;
    const { ask, state } = setUp(
      {},
      {
        variants: {
          v1: {
            predictor: () => {
              throw new Error('down');
            },
            version: '1',
          },
          v2: { predictor: () => ({ text: `v2 ${++calls}` }), version: '1' },
        },
        fallback: ['v2', always({ text: 'sorry' })],
      },
    );
    expect((await ask('a')).output.text).toBe('v2 1');
    expect((await ask('a')).output.text).toBe('v2 2');
    expect(state.calls).toBe(0);
  });

  test('a variant with effects is always called', async () => {
    let calls = 0;
    const { ask } = setUp({}, { variants: { v1: { predictor: () => ({ text: `${++calls}` }), version: '1', effects: 'once' } } });
    await ask('a');
    expect((await ask('a')).output.text).toBe('2');
  });

  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['numbers of a class', new Float32Array(2)],
    ['no number', Number.NaN],
    ['a hole', [undefined]],
    ['half a character', '\ud800'],
  ])('%s in an input: it has no canonical form', async (_, value) => {
    const { ask, state, counts } = setUp();
    await ask({ value });
    await ask({ value });
    expect(state.calls).toBe(2);
    expect(counts()).toMatchObject({ noKey: 2, entries: 0 });
  });

  test('a circle in an input; `key` says what makes inputs equal', async () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const plain = setUp();
    await plain.ask(circle);
    expect(plain.counts()).toMatchObject({ noKey: 1 });
    const keyed = setUp({ key: ({ q }: { q: { id: number } }) => q.id });
    await keyed.ask({ id: 1, at: new Date(1) });
    await keyed.ask({ id: 1, at: new Date(2) });
    expect(keyed.state.calls).toBe(1);
  });

  test('a key that answers later is none: inputs must not be taken for each other', async () => {
    const model = createUnderstudy({}).defineModel(
      { name: 'm', input: z.object({ x: z.number() }), output: z.number() },
      {
        variants: { v1: { predictor: ({ x }) => x, version: '1' } },
        champion: 'v1',
        policies: [cache({ ttlMs: 1000, key: async () => Promise.reject(new Error('later')) })],
      },
    );
    expect([(await model.predict({ x: 1 })).output, (await model.predict({ x: 2 })).output]).toEqual([1, 2]);
    expect(model.status().callbacks).toHaveProperty(['cache.key']);
  });

  test('a key that throws is told, and the call is made', async () => {
    const { ask, state, model } = setUp({
      key: () => {
        throw new Error('no key');
      },
    });
    await ask('a');
    await ask('a');
    expect(state.calls).toBe(2);
    expect(model.status()).toMatchObject({ callbacks: { 'cache.key': { count: 2 } } });
  });
});

describe('time and memory', () => {
  test('an answer is good for ttlMs, and served for staleMs more while it is asked anew in the background', async () => {
    const { ask, state, clock, counts } = setUp({ staleMs: 1000 });
    await ask('a');
    await clock.advance(1200);
    const [stale, again] = await Promise.all([ask('a'), ask('a')]);
    expect([stale.output.text, again.output.text]).toEqual(['answer 1', 'answer 1']);
    await clock.advance(10);
    expect(state.calls).toBe(2);
    expect((await ask('a')).output.text).toBe('answer 2');
    expect(counts()).toMatchObject({ stale: 2, refreshed: 1 });
    await clock.advance(2000);
    expect((await ask('a')).output.text).toBe('answer 3');
  });

  test('a refresh that fails changes nothing for the call', async () => {
    const { ask, state, clock } = setUp({ staleMs: 1000 });
    await ask('a');
    await clock.advance(1200);
    state.fails = true;
    expect((await ask('a')).output.text).toBe('answer 1');
    await clock.advance(10);
    expect((await ask('a')).output.text).toBe('answer 1');
    await clock.advance(10);
    expect(state.calls).toBe(3);
  });

  test('memory is bounded in bytes, also by answers that JSON does not carry', async () => {
    const { ask, counts, state } = setUp({ maxBytes: 10_000 });
    for (let index = 0; index < 100; index++) await ask(`${index}`);
    const { bytes, entries } = counts() as { bytes: number; entries: number };
    expect(bytes).toBeLessThanOrEqual(10_000);
    expect(entries).toBeGreaterThan(10);
    await ask('0');
    expect(state.calls).toBe(101);
  });

  test('answers that JSON does not carry stay in memory; those that have no copy are not kept', async () => {
    const store = new Map<string, string>();
    const clock = new VirtualClock();
    let calls = 0;
    class Own {
      readonly kind = 'own';
    }
    const model = createUnderstudy({ clock }).defineModel(
      { name: 'm', input: z.object({ kind: z.string() }), output: z.unknown() },
      {
        variants: {
          v1: {
            predictor: ({ kind }) => {
              calls++;
              return kind === 'typed' ? new Map([['a', new Float32Array([1, 2])]]) : kind === 'own' ? new Own() : () => 1;
            },
            version: '1',
          },
        },
        champion: 'v1',
        policies: [cache({ ttlMs: 1000, store })],
      },
    );
    await model.predict({ kind: 'typed' });
    await clock.advance(1);
    expect((await model.predict({ kind: 'typed' })).output).toEqual(new Map([['a', new Float32Array([1, 2])]]));
    expect([calls, store.size]).toEqual([1, 0]);
    for (const kind of ['own', 'own', 'function', 'function']) await model.predict({ kind });
    expect(calls).toBe(5);
    expect(model.status().variants['v1']?.policies['cache']).toMatchObject({ memoryOnly: 1, notKept: 4 });
  });
});

/** What is written to a store comes after the call, and its key is made by the platform. */
const written = async (clock: VirtualClock): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) {
    await clock.advance(0);
    await new Promise((done) => setTimeout(done, 1));
  }
};

describe('a store', () => {
  test('a real Keyv gives the answers to another process', async () => {
    const store = new Keyv() as unknown as AnswerStore;
    const first = setUp({ store });
    await first.ask({ secret: 'canary' });
    await written(first.clock);
    const second = setUp({ store });
    const decision = await second.ask({ secret: 'canary' });
    expect(decision).toMatchObject({ output: { text: 'answer 1' }, servedBy: { tier: 'cache' } });
    expect(second.state.calls).toBe(0);
  });

  test('keys hold nothing of an input, values have a version, and their age counts', async () => {
    const store = new Map<string, string>();
    const { ask, clock } = setUp({ store });
    await ask('canary');
    await written(clock);
    const [[key, value] = ['', '']] = store;
    expect(key).toMatch(/^understudy\/answer\/[0-9a-f]{64}$/);
    expect(JSON.parse(value)).toEqual({ v: 1, at: expect.any(Number) as number, output: { text: 'answer 1' } });
    const later = setUp({ store });
    await later.clock.advance(1001);
    expect((await later.ask('canary')).servedBy.tier).toBe('model');
  });

  test('an output that its contract would change once more stays in memory', async () => {
    const store = new Map<string, string>();
    const clock = new VirtualClock();
    const model = createUnderstudy({ clock }).defineModel(
      { name: 'm', input: z.object({}), output: z.string().transform((text) => text.length) },
      { variants: { v1: { predictor: () => 'four', version: '1' } }, champion: 'v1', policies: [cache({ ttlMs: 1000, store })] },
    );
    await model.predict({});
    await written(clock);
    expect((await model.predict({})).output).toBe(4);
    expect(store.size).toBe(0);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no store');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no store'))],
    ['answers garbage', () => 'garbage'],
    ['answers no text', () => ({ v: 1, at: 0, output: { text: 'x' } })],
    ['answers a future format', () => '{"v":2,"at":1,"output":{"text":"x"}}'],
    ['answers what breaks the contract', () => `{"v":1,"at":${Date.UTC(2026, 0, 1)},"output":{"text":7}}`],
    ['answers a poisoned object', () => JSON.parse('{"__proto__":{"v":1}}') as unknown],
  ])('one that %s is a miss, and is told once', async (_, get) => {
    const { ask, state, sink, understudy, model, clock } = setUp({
      store: {
        get,
        set: () => {
          throw new Error('no store');
        },
      },
    });
    expect((await ask('a')).output.text).toBe('answer 1');
    expect((await ask('b')).output.text).toBe('answer 2');
    await written(clock);
    expect(state.calls).toBe(2);
    await understudy.flush();
    const told = sink.events
      .filter(({ type }) => type === 'callback-failed')
      .map((event) => ('callback' in event ? event.callback : ''));
    expect(told.toSorted()).toEqual(['cache.store.get', 'cache.store.set']);
    expect(model.status()).toMatchObject({ callbacks: { 'cache.store.get': { count: 2 }, 'cache.store.set': { count: 2 } } });
  });

  test('one that hangs costs a call storeTimeoutMs, and never its deadline', async () => {
    const { ask, clock, counts } = setUp({
      store: { get: () => new Promise(() => undefined), set: () => new Promise(() => undefined) },
    });
    let isOver = false;
    const asked = ask('a').then((decision) => {
      isOver = true;
      return decision;
    });
    await clock.advance(45);
    expect(isOver).toBe(false);
    await clock.advance(10);
    expect((await asked).output.text).toBe('answer 1');
    expect(counts()).toMatchObject({ storeFailures: 1, misses: 1 });
    await written(clock);
    await clock.advance(5000);
    expect(clock.pending).toBe(0);
  });

  test('a call with less time than the store may take says nothing of the store', async () => {
    const { model, clock, counts } = setUp(
      { store: { get: () => new Promise(() => undefined), set: () => undefined } },
      { fallback: [always({ text: 'late' })] },
    );
    const asked = model.predict({ q: 'a' }, { deadlineMs: 30 });
    await clock.advance(100);
    expect((await asked).output.text).toBe('late');
    expect(counts()).toMatchObject({ storeFailures: 0 });
    expect(model.status()).not.toHaveProperty('callbacks');
  });

  test('an answer of a process whose clock is ahead is asked anew', async () => {
    const store = new Map<string, string>();
    const ahead = setUp({ store });
    ahead.clock.stepWall(86_400_000);
    await ahead.ask('a');
    await written(ahead.clock);
    const { ask, clock, state, model } = setUp({ store });
    expect([(await ask('a')).servedBy.tier, state.calls]).toEqual(['model', 1]);
    await written(clock);
    const other = setUp({ store });
    expect((await other.ask('a')).servedBy.tier).toBe('cache');
    await other.clock.advance(1500);
    expect((await other.ask('a')).servedBy.tier).toBe('model');
    expect(model.status()).not.toHaveProperty('callbacks');
  });

  test('an answer that memory has no room for is not kept, and a store keeps it', async () => {
    const small = setUp({ maxBytes: 10 });
    await small.ask('a');
    expect(small.counts()).toMatchObject({ kept: 0, notKept: 1, entries: 0 });
    const stored = setUp({ maxBytes: 10, store: new Map<string, string>() });
    await stored.ask('a');
    await written(stored.clock);
    expect((await stored.ask('a')).servedBy.tier).toBe('cache');
    expect(stored.counts()).toMatchObject({ kept: 1, notKept: 0, entries: 0 });
  });

  test('a caller who leaves while the store is asked has cancelled', async () => {
    const { model, clock, state } = setUp({ store: { get: () => new Promise(() => undefined), set: () => undefined } });
    const caller = new AbortController();
    const asked = model.predict({ q: 'a' }, { signal: caller.signal }).catch((error: unknown) => error);
    await clock.advance(1);
    caller.abort('gone');
    expect(await asked).toBe('gone');
    expect([state.calls, model.status().calls.cancelled]).toEqual([0, 1]);
  });
});

describe('streams', () => {
  function streaming(chunks: readonly (string | Error)[]) {
    const clock = new VirtualClock();
    const state = { calls: 0 };
    const model = createUnderstudy({ clock }).defineModel(
      { name: 's', input: z.object({ q: z.string() }), output: z.string(), stream: textStream() },
      {
        variants: {
          v1: {
            predictor: async function* () {
              state.calls++;
              for (const chunk of chunks) {
                if (chunk instanceof Error) throw chunk;
                yield chunk;
              }
            },
            version: '1',
          },
        },
        champion: 'v1',
        policies: [cache({ ttlMs: 1000, staleMs: 1000 })],
      },
    );
    const read = async () => {
      const stream = model.stream({ q: 'a' });
      let text = '';
      let error: unknown;
      try {
        for await (const chunk of stream) text += chunk;
      } catch (thrown) {
        error = thrown;
      }
      return { text, error, stream };
    };
    return { clock, state, model, read };
  }

  test('one that ended well is kept, and replayed in the chunks of split', async () => {
    const { read, state, model, clock } = streaming(['he', 'llo']);
    await read();
    const { text, stream } = await read();
    expect([text, state.calls, stream.delivered]).toEqual(['hello', 1, ['hello']]);
    expect(await stream.decision).toMatchObject({ output: 'hello', servedBy: { tier: 'cache', variant: 'v1' } });
    expect((await model.predict({ q: 'a' })).servedBy.tier).toBe('cache');
    await clock.advance(1500);
    expect((await read()).text).toBe('hello');
    await clock.advance(10);
    expect(state.calls).toBe(2);
  });

  test('one that broke, or was left, is not', async () => {
    const { read, state, model } = streaming(['he', new Error('cut')]);
    expect((await read()).error).toMatchObject({ code: 'STREAM_CUT' });
    await read();
    expect(state.calls).toBe(2);
    const left = streaming(['he', 'llo']);
    for await (const chunk of left.model.stream({ q: 'a' })) if (chunk === 'he') break;
    await left.read();
    expect(left.state.calls).toBe(2);
    expect(model.status().calls.inFlight).toBe(0);
  });
});

test('options are checked, and a call without a model is refused', () => {
  expect(() => cache({} as never)).toThrow('cache.ttlMs');
  expect(() => cache({ ttlMs: 1, store: {} as never })).toThrow('cache.store');
  const policies = [cache({ ttlMs: 1 })];
  for (const make of [() => compose(...policies), () => guardedFetch(policies)])
    expect(make).toThrow(/policies\[0\].*cache\(\) needs a model, whose variant and contract say which calls are equal/s);
  expect(() => pool([() => 1], { policies })).toThrow('expected no cache(): give it to the variant');
});
