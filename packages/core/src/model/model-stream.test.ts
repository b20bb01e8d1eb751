import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { only } from '../fallback/failure-filter.ts';
import { pii } from '../guards/pii.ts';
import { cache } from '../policies/cache.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { concurrencyLimit } from '../policies/concurrency-limit.ts';
import { hedge } from '../policies/hedge.ts';
import { retry } from '../policies/retry.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Call, Policy, Predictor } from '../types/index.ts';
import type { ModelOptions, Returns } from './model-options.ts';
import { chunkStream, textStream } from './model-stream.ts';
import type { ModelStream } from './stream-contract.ts';

const input = z.object({ question: z.string() });
const output = z.string();
const contract = { name: 'answer', input, output, stream: textStream() };
type Answer = Predictor<{ question: string }, Returns<typeof output, string>>;
type Options = ModelOptions<{ question: string }, string, string, Returns<typeof output, string>, 'a' | 'b' | 'c', string, never>;
const ASK = { question: 'why?' };

/** A step of a scripted stream: a chunk, a wait in milliseconds, an error to throw, or never anything more. */
const HANG = Symbol('hang');
type Line = string | number | Error | typeof HANG;

function scripted(clock: VirtualClock, ...scripts: readonly (readonly Line[])[]) {
  const state = { calls: 0, left: 0, ended: 0, aborted: 0 };
  const sleep = (ms: number) => new Promise<void>((wake) => clock.schedule(wake, ms));
  const predictor = async function* (_input: unknown, call: Call): AsyncGenerator<string> {
    const script = scripts[Math.min(state.calls++, scripts.length - 1)] ?? [];
    call.signal.addEventListener('abort', () => state.aborted++);
    let isDone = false;
    try {
      for (const line of script) {
        if (line === HANG) await new Promise(() => undefined);
        else if (typeof line === 'number') await sleep(line);
        else if (line instanceof Error) throw line;
        else yield line;
      }
      isDone = true;
      state.ended++;
    } finally {
      if (!isDone) state.left++;
    }
  };
  return Object.assign(predictor as unknown as Answer, { state });
}

function setUp(variants: (clock: VirtualClock) => Partial<Record<'a' | 'b' | 'c', Answer>>, options: Partial<Options> = {}) {
  const clock = new VirtualClock();
  const sink = fakeSink();
  const understudy = createUnderstudy({ clock, random: seededRandom(3), sinks: [sink] });
  const made = variants(clock);
  const model = understudy.defineModel(contract, {
    variants: Object.fromEntries(
      Object.entries(made).map(([name, predictor]) => [name, { predictor, version: '1' }]),
    ) as Options['variants'],
    champion: 'a',
    ...options,
  });
  return { clock, sink, understudy, model };
}

interface Read {
  readonly text: string;
  readonly error: unknown;
}

async function read(stream: AsyncIterable<string>): Promise<Read> {
  let text = '';
  try {
    for await (const chunk of stream) text += chunk;
  } catch (error) {
    return { text, error };
  }
  return { text, error: undefined };
}

/** Reads it while time passes. */
async function readOn(clock: VirtualClock, stream: AsyncIterable<string>, ms = 200_000): Promise<Read> {
  const reading = read(stream);
  await clock.advance(ms);
  return reading;
}

const outcomeOf = (stream: ModelStream<string, unknown>): Promise<unknown> =>
  stream.decision.then(
    (decision) => decision,
    (error: unknown) => error,
  );

describe('what a reader changes', () => {
  const parts = (policies: readonly Policy[]) => {
    const predictor = async function* () {
      yield { t: 'a' };
      yield { t: 'b' };
    } as unknown as Predictor<{ question: string }, AsyncIterable<{ t: string }>>;
    const part = z.object({ t: z.string() });
    return createUnderstudy().defineModel(
      {
        name: 'parts',
        input,
        output: z.array(part),
        stream: chunkStream({ chunk: part, join: (chunks) => [...chunks], split: (whole: readonly { t: string }[]) => whole }),
      },
      { variants: { a: { predictor, version: '1' } }, champion: 'a', policies },
    );
  };

  test('is his: neither the decision nor a cache sees it', async () => {
    const model = parts([cache({ ttlMs: 10_000 })]);
    const stream = model.stream(ASK);
    for await (const chunk of stream) {
      chunk.t = 'changed';
      (stream.delivered as unknown[]).splice(0);
    }
    expect((await stream.decision).output).toEqual([{ t: 'a' }, { t: 'b' }]);
    expect((await model.predict(ASK)).output).toEqual([{ t: 'a' }, { t: 'b' }]);
  });
});

describe('predict() of a predictor that streams', () => {
  test.each([() => 7, () => null, () => ({ a: 1 }), () => Promise.reject(new Error('late'))])(
    'refuses a chunk that breaks its contract',
    async (chunk) => {
      const values = [() => 'total: ', chunk];
      const predictor = (() => {
        const left = [...values];
        const next = () => {
          const value = left.shift();
          return Promise.resolve(value === undefined ? { done: true, value } : { done: false, value: value() });
        };
        return { [Symbol.asyncIterator]: () => ({ next }) };
      }) as unknown as Answer;
      const { model } = setUp(() => ({ a: predictor }), { fallback: [always('none')] });
      const decision = await model.predict(ASK);
      expect(decision.output).toBe('none');
      expect(decision.explain().attempts[0]).toMatchObject({ errorType: 'OUTPUT_INVALID' });
      expect(await read(model.stream(ASK))).toMatchObject({ text: 'total: ', error: { code: 'STREAM_CUT' } });
    },
  );
});

describe('a stream that goes well', () => {
  test('hands out its chunks in order, then its decision, with one event', async () => {
    const { model, sink, understudy } = setUp((clock) => ({ a: scripted(clock, ['', 'he', 'l', 'lo']) }));
    const stream = model.stream(ASK);
    const chunks: string[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks).toEqual(['', 'he', 'l', 'lo']);
    const decision = await stream.decision;
    expect(decision).toMatchObject({
      output: 'hello',
      assigned: 'a',
      degraded: false,
      servedBy: { tier: 'model', variant: 'a' },
    });
    expect(stream.delivered).toEqual(['', 'he', 'l', 'lo']);
    await understudy.flush();
    expect(sink.events.filter(({ type }) => type === 'decision')).toMatchObject([
      { outcome: 'served', servedBy: 'a', attempts: [] },
    ]);
    expect(model.status().calls).toMatchObject({ total: 1, served: 1, inFlight: 0 });
  });

  test('its predictor may have a stream beside it, which predict() does not call', async () => {
    const whole: Answer = Object.assign(() => 'whole', {
      stream: () =>
        (async function* () {
          yield 'in ';
          yield 'pieces';
        })(),
    });
    const { model } = setUp(() => ({ a: whole }));
    expect(await read(model.stream(ASK))).toEqual({ text: 'in pieces', error: undefined });
    expect((await model.predict(ASK)).output).toBe('whole');
  });

  test('predict() of a predictor that only streams joins its chunks', async () => {
    const { model } = setUp((clock) => ({ a: scripted(clock, ['he', 'llo']) }));
    expect((await model.predict(ASK)).output).toBe('hello');
  });

  test('a predictor that answers whole, a promise of a stream, and a ReadableStream are read alike', async () => {
    const answers: readonly (() => Returns<typeof output, string>)[] = [
      () => 'hello',
      async () => 'hello',
      async () =>
        (async function* () {
          yield 'hel';
          yield 'lo';
        })(),
      () =>
        new ReadableStream<string>({
          start: (controller) => {
            controller.enqueue('hello');
            controller.close();
          },
        }),
    ];
    for (const a of answers) {
      const { model } = setUp(() => ({ a }));
      expect(await read(model.stream(ASK))).toEqual({ text: 'hello', error: undefined });
    }
  });

  test('rules and fixed outputs are handed out in the chunks of split', async () => {
    const words = {
      ...contract,
      name: 'words',
      stream: chunkStream({ chunk: z.string(), join: (parts) => parts.join(' '), split: (text: string) => text.split(' ') }),
    };
    const model = createUnderstudy({}).defineModel(words, {
      variants: {
        a: {
          predictor: () => {
            throw new Error('down');
          },
          version: '1',
        },
      },
      champion: 'a',
      fallback: [always('I can not say')],
    });
    const stream = model.stream(ASK);
    const chunks: string[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks).toEqual(['I', 'can', 'not', 'say']);
    expect(await stream.decision).toMatchObject({ degraded: true, servedBy: { tier: 'always' } });
  });

  test('toReadableStream() fetches a chunk for each that is read, and cancels the call when it is cancelled', async () => {
    let asked = 0;
    let isLeft = false;
    const a = async function* () {
      try {
        while (asked < 1000) yield `${asked++} `;
      } finally {
        isLeft = true;
      }
    };
    const { model, clock } = setUp(() => ({ a }));
    const stream = model.stream(ASK);
    const reader = stream.toReadableStream().getReader();
    expect([(await reader.read()).value, (await reader.read()).value]).toEqual(['0 ', '1 ']);
    await clock.advance(1000);
    expect(asked).toBeLessThanOrEqual(3);
    await reader.cancel('enough');
    expect(await outcomeOf(stream)).toBe('enough');
    expect(isLeft).toBe(true);
    expect(model.status().calls).toMatchObject({ cancelled: 1, inFlight: 0 });
  });

  test('reads that do not wait for each other are answered in turn', async () => {
    const { model } = setUp((clock) => ({ a: scripted(clock, ['1', '2', '3']) }));
    const stream = model.stream(ASK);
    const results = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next(), stream.next()]);
    expect(results.map(({ value }) => value)).toEqual(['1', '2', '3', undefined, undefined]);
  });
});

describe('before the first content was read', () => {
  test('29 an error is rescued unseen: retry, then the next tier', async () => {
    const down = new Error('overloaded');
    const { model, clock } = setUp(
      (clock) => ({ a: scripted(clock, ['', down], [down], ['', 'fine']), b: scripted(clock, ['never']) }),
      { fallback: ['b'], policies: [retry({ attempts: 3, baseMs: 10 })] },
    );
    const stream = model.stream(ASK);
    expect(await readOn(clock, stream)).toEqual({ text: 'fine', error: undefined });
    const decision = await stream.decision;
    expect(decision.explain().attempts).toMatchObject([
      { resultClass: 'failed' },
      { resultClass: 'failed' },
      { resultClass: 'ok' },
    ]);
  });

  test('27 a stall before the first content ends it by its own limit, and the next tier serves', async () => {
    const { model, clock } = setUp((clock) => ({ a: scripted(clock, ['', HANG]), b: scripted(clock, [5, 'from b']) }), {
      fallback: ['b'],
      stream: { firstContentMs: 2000 },
    });
    const stream = model.stream(ASK);
    expect(await readOn(clock, stream, 2100)).toEqual({ text: 'from b', error: undefined });
    const { attempts } = (await stream.decision).explain();
    expect(attempts[0]).toMatchObject({
      errorType: 'TIMEOUT',
      message: expect.stringContaining('sent no content within 2000 ms'),
    });
  });

  test('a variant that has not begun to answer within connectMs is left', async () => {
    const never: Answer = Object.assign(() => 'whole', { stream: () => new Promise<never>(() => undefined) });
    const { model, clock } = setUp((clock) => ({ a: never, b: scripted(clock, ['b']) }), {
      fallback: ['b'],
      stream: { connectMs: 300 },
    });
    expect(await readOn(clock, model.stream(ASK), 400)).toEqual({ text: 'b', error: undefined });
  });

  test('what came before the content is not told twice', async () => {
    const { model, clock } = setUp(
      (clock) => ({ a: scripted(clock, ['', '', new Error('down')]), b: scripted(clock, ['', 'b']) }),
      {
        fallback: ['b'],
      },
    );
    const stream = model.stream(ASK);
    await readOn(clock, stream);
    expect(stream.delivered).toEqual(['', 'b']);
  });

  test('a chunk that breaks its contract is a failure, and another tier serves', async () => {
    const a = async function* () {
      yield 7;
    } as unknown as Answer;
    const { model } = setUp((clock) => ({ a, b: scripted(clock, ['b']) }), { fallback: ['b'] });
    const stream = model.stream(ASK);
    expect(await read(stream)).toEqual({ text: 'b', error: undefined });
    expect((await stream.decision).explain().attempts[0]).toMatchObject({ errorType: 'OUTPUT_INVALID' });
  });

  test('nothing serves: the reader and the decision get the same error', async () => {
    const { model } = setUp((clock) => ({ a: scripted(clock, [new Error('down')]) }));
    const stream = model.stream(ASK);
    const { error } = await read(stream);
    expect(UnderstudyError.is(error, 'NOTHING_SERVED')).toBe(true);
    expect(await outcomeOf(stream)).toBe(error);
  });
});

describe('after the first content was read', () => {
  test('30 a break is an error that says how much was read; nothing is said twice', async () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const { model, sink, understudy } = setUp(
      (clock) => ({ a: scripted(clock, ['he', 'l', reset]), b: scripted(clock, ['hello']) }),
      {
        fallback: ['b'],
      },
    );
    const stream = model.stream(ASK);
    const { text, error } = await read(stream);
    expect(text).toBe('hel');
    expect(error).toMatchObject({
      code: 'STREAM_CUT',
      cause: reset,
      retryable: true,
      details: { delivered: 2, variant: 'a', kind: 'connection' },
    });
    expect(await outcomeOf(stream)).toBe(error);
    expect(await read(stream)).toEqual({ text: '', error: undefined });
    await understudy.flush();
    expect(sink.events.filter(({ type }) => type === 'decision')).toMatchObject([{ outcome: 'failed', errorType: 'STREAM_CUT' }]);
    expect(model.status().calls).toMatchObject({ failed: 1, inFlight: 0 });
  });

  test('27 a stall ends it by the idle limit, which pauses while nobody reads', async () => {
    const { model, clock } = setUp((clock) => ({ a: scripted(clock, ['one', 'two', HANG]) }), { stream: { idleMs: 1000 } });
    const stream = model.stream(ASK);
    expect(await stream.next()).toEqual({ done: false, value: 'one' });
    await clock.advance(50_000);
    expect(await stream.next()).toEqual({ done: false, value: 'two' });
    const pending = stream.next().catch((error: unknown) => error);
    await clock.advance(1010);
    expect(await pending).toMatchObject({
      code: 'STREAM_CUT',
      details: { kind: 'timeout' },
      cause: { code: 'TIMEOUT', details: { scope: 'idle', limitMs: 1000 } },
    });
  });

  test('onBreak restart begins anew at the next tier, and says so', async () => {
    const { model } = setUp(
      (clock) => ({ a: scripted(clock, ['he', 'l', new Error('cut')]), b: scripted(clock, ['hello', ' b']) }),
      {
        fallback: ['b'],
        stream: { onBreak: 'restart' },
      },
    );
    const stream = model.stream(ASK);
    const events: unknown[] = [];
    for await (const event of stream.events()) events.push(event);
    expect(events).toEqual([
      { type: 'chunk', chunk: 'he' },
      { type: 'chunk', chunk: 'l' },
      { type: 'reset', reason: 'a broke off: b begins anew.' },
      { type: 'chunk', chunk: 'hello' },
      { type: 'chunk', chunk: ' b' },
    ]);
    expect(await stream.decision).toMatchObject({ output: 'hello b', degraded: true, servedBy: { variant: 'b' } });
  });

  test('a restart that nothing serves is a break: nothing is reset, and what was read stays', async () => {
    const { model } = setUp((clock) => ({ a: scripted(clock, ['he', 'l', new Error('cut')]), b: scripted(clock, ['hello']) }), {
      fallback: [only(['context-length'], 'b')],
    });
    for (const asEvents of [true, false]) {
      const resets: string[] = [];
      const stream = model.stream(ASK, { onBreak: 'restart', onReset: (reason) => resets.push(reason) });
      const events: unknown[] = [];
      const reading = (async () => {
        for await (const event of asEvents ? stream.events() : stream) events.push(event);
      })();
      await expect(reading).rejects.toMatchObject({ code: 'STREAM_CUT', cause: { code: 'NOTHING_SERVED' } });
      expect([events.length, resets, stream.delivered]).toEqual([2, [], ['he', 'l']]);
    }
  });

  test('a break before its reader has got anything is told as in a call that streams nothing', async () => {
    const cut = new Error('cut');
    const { model } = setUp((clock) => ({ a: scripted(clock, ['he', cut]) }), {
      guards: { output: [pii()] },
    });
    const stream = model.stream(ASK);
    expect(await read(stream)).toMatchObject({ text: '', error: { code: 'NOTHING_SERVED', cause: cut } });
    expect(await outcomeOf(stream)).toMatchObject({ code: 'NOTHING_SERVED' });
  });

  test('first content of an answer that is gone on with is that of its beginning', async () => {
    const b = async function* () {
      yield 'lo';
    } as unknown as Answer;
    const clock = new VirtualClock();
    const model = createUnderstudy({ clock }).defineModel(contract, {
      variants: {
        a: { predictor: scripted(clock, [20, 'he', 500, new Error('cut')]), version: '1' },
        b: { predictor: b, version: '1', stream: { continues: true } },
      },
      champion: 'a',
      fallback: ['b'],
      stream: { onBreak: 'continue' },
    });
    const events: unknown[] = [];
    model.on('decision', ({ firstContentMs }) => events.push(firstContentMs));
    expect(await readOn(clock, model.stream(ASK))).toMatchObject({ text: 'helo' });
    expect(events).toEqual([20]);
  });

  test('onBreak restart tells onReset where chunks alone are read; without either it is an error', async () => {
    const variants = (clock: VirtualClock) => ({ a: scripted(clock, ['he', new Error('cut')]), b: scripted(clock, ['hello']) });
    const { model } = setUp(variants, { fallback: ['b'] });
    let text = '';
    for await (const chunk of model.stream(ASK, { onBreak: 'restart', onReset: () => (text = '') })) text += chunk;
    expect(text).toBe('hello');
    const { model: other } = setUp(variants, { fallback: ['b'] });
    expect(await read(other.stream(ASK, { onBreak: 'restart' }))).toMatchObject({ text: 'he', error: { code: 'STREAM_CUT' } });
  });

  test('onBreak continue goes on with a variant that can, which is told what was read', async () => {
    const told: unknown[] = [];
    const b = async function* (_input: unknown, call: Call) {
      told.push([...(call.delivered ?? [])]);
      yield 'lo';
    } as unknown as Answer;
    const { model } = setUp((clock) => ({ a: scripted(clock, ['he', 'l', new Error('cut')]) }), {});
    const clock = new VirtualClock();
    const going = createUnderstudy({ clock }).defineModel(contract, {
      variants: {
        a: { predictor: scripted(clock, ['he', 'l', new Error('cut')]), version: '1' },
        c: { predictor: scripted(clock, ['hello']), version: '1' },
        b: { predictor: b, version: '1', stream: { continues: true } },
      },
      champion: 'a',
      fallback: ['c', 'b', always('sorry')],
      stream: { onBreak: 'continue' },
    });
    const stream = going.stream(ASK);
    expect(await read(stream)).toEqual({ text: 'hello', error: undefined });
    expect(told).toEqual([['he', 'l']]);
    expect(await stream.decision).toMatchObject({ output: 'hello', servedBy: { variant: 'b' } });
    expect(await read(model.stream(ASK, { onBreak: 'continue' }))).toMatchObject({ text: 'hel', error: { code: 'STREAM_CUT' } });
  });

  test('an answer that breaks the output contract at its end is no success', async () => {
    const short = { ...contract, name: 'short', output: z.string().max(4), stream: textStream() };
    const clock = new VirtualClock();
    const model = createUnderstudy({ clock }).defineModel(short, {
      variants: { a: { predictor: scripted(clock, ['too', ' long']), version: '1' } },
      champion: 'a',
    });
    const stream = model.stream(ASK);
    expect(await read(stream)).toMatchObject({
      text: 'too long',
      error: { code: 'STREAM_CUT', cause: { code: 'OUTPUT_INVALID' }, details: { kind: 'invalid-output' } },
    });
  });
});

describe('who leaves', () => {
  test('a reader that breaks off cancels the call, which counts for nothing', async () => {
    const { model, clock } = setUp((clock) => ({ a: scripted(clock, ['1', 10, '2', 10, '3']) }), {
      policies: [circuitBreaker({ consecutiveFailures: 1 }), concurrencyLimit({ max: 1, maxQueue: 0 })],
    });
    const stream = model.stream(ASK);
    const reading = (async () => {
      for await (const chunk of stream) if (chunk === '1') break;
    })();
    await clock.advance(50);
    await reading;
    expect(await outcomeOf(stream)).toMatchObject({ name: 'AbortError' });
    expect(model.status().variants['a']?.policies).toMatchObject({
      circuitBreaker: { state: 'closed' },
      concurrencyLimit: { active: 0 },
    });
    expect(model.status().calls).toMatchObject({ cancelled: 1, inFlight: 0 });
    expect(await readOn(clock, model.stream(ASK))).toMatchObject({ text: '123' });
  });

  test('a stream that the second attempt of a hedge has won hears who leaves it, and its caller', async () => {
    for (const leave of ['reader', 'caller'] as const) {
      const { model, clock } = setUp((clock) => ({ a: scripted(clock, [500, 'slow'], ['fast', HANG]) }), {
        policies: [hedge({ delayMs: 50 }), concurrencyLimit({ limit: 2 })],
      });
      const caller = new AbortController();
      const stream = model.stream(ASK, { signal: caller.signal });
      const first = stream.next();
      await clock.advance(100);
      expect(await first).toEqual({ done: false, value: 'fast' });
      if (leave === 'reader') await stream.return?.();
      else caller.abort('gone');
      await clock.advance(1000);
      expect(model.status().calls).toMatchObject({ cancelled: 1, inFlight: 0 });
      expect(model.status().variants['a']?.policies).toMatchObject({ hedge: { inFlight: 0 } });
    }
  });

  test('an abort of the caller ends it with its own reason, before and after the first content', async () => {
    for (const script of [[HANG], ['one', HANG]] as const) {
      const { model, clock } = setUp((clock) => ({ a: scripted(clock, script) }));
      const caller = new AbortController();
      const stream = model.stream(ASK, { signal: caller.signal });
      const reading = read(stream);
      await clock.advance(10);
      caller.abort('gone');
      await clock.advance(0);
      expect(await reading).toMatchObject({ error: 'gone' });
      expect(await outcomeOf(stream)).toBe('gone');
      expect(model.status().calls).toMatchObject({ cancelled: 1, inFlight: 0 });
    }
  });

  test('a stream that nobody reads ends with its deadline, and raises no unhandled rejection', async () => {
    const { model, clock } = setUp((clock) => ({ a: scripted(clock, ['one', 'two']) }));
    const stream = model.stream(ASK);
    await clock.advance(119_000);
    expect(model.status().calls.inFlight).toBe(1);
    await clock.advance(1100);
    expect(model.status().calls).toMatchObject({ inFlight: 0, failed: 1 });
    expect(await read(stream)).toMatchObject({
      text: '',
      error: { code: 'NOTHING_SERVED', cause: { code: 'TIMEOUT', details: { scope: 'deadline' } } },
    });
  });

  test('time that a reader takes is no fault of the endpoint: neither its circuit nor its limit counts it', async () => {
    const policies = [circuitBreaker({ consecutiveFailures: 1 }), concurrencyLimit()];
    const { model, clock } = setUp((clock) => ({ a: scripted(clock, ['one', 'two']) }), { policies });
    for (const reads of [0, 1]) {
      const stream = model.stream(ASK, { deadlineMs: 500 });
      const first = reads === 0 ? undefined : stream.next();
      await clock.advance(600);
      if (first !== undefined) expect((await first).value).toBe('one');
      expect((await read(stream)).error).toBeInstanceOf(UnderstudyError);
    }
    expect(model.status().variants['a']?.policies['circuitBreaker']).toMatchObject({ state: 'closed', failures: 0 });
    expect(model.status().calls.inFlight).toBe(0);
  });

  test('a stream that is left while its contract checks the whole is settled once', async () => {
    const clock = new VirtualClock();
    const slow = z.string().refine(() => new Promise<boolean>((done) => clock.schedule(() => done(true), 60)));
    const model = createUnderstudy({ clock }).defineModel(
      { ...contract, name: 'slow', output: slow },
      {
        variants: { a: { predictor: scripted(clock, ['one']), version: '1' } },
        champion: 'a',
        policies: [concurrencyLimit({ limit: 1 })],
      },
    );
    for (const leave of ['reader', 'deadline'] as const) {
      const stream = model.stream(ASK, { deadlineMs: leave === 'deadline' ? 30 : 1000 });
      await stream.next();
      const end = stream.next().catch((error: unknown) => error);
      await clock.advance(10);
      if (leave === 'reader') stream.cancel();
      await clock.advance(200);
      await end;
    }
    expect(model.status().calls).toMatchObject({ total: 2, inFlight: 0, served: 0, cancelled: 1, failed: 1 });
    expect(model.status().variants['a']?.policies).toMatchObject({ concurrencyLimit: { active: 0 } });
  });

  test('a ReadableStream is cancelled while a read is pending', async () => {
    let isCancelled = false;
    const a = () => new ReadableStream<string>({ start: (out) => out.enqueue('one'), cancel: () => void (isCancelled = true) });
    const { model, clock } = setUp(() => ({ a }));
    const stream = model.stream(ASK);
    await stream.next();
    const pending = stream.next();
    await clock.advance(10);
    stream.cancel();
    await clock.advance(10);
    expect([await pending, isCancelled]).toEqual([{ done: true, value: undefined }, true]);
  });

  test('close() waits for a stream that is read, and ends one that is not', async () => {
    const { model, understudy, clock } = setUp((clock) => ({ a: scripted(clock, ['one', 'two']) }));
    const stream = model.stream(ASK);
    await stream.next();
    const closing = understudy.close({ timeoutMs: 500 });
    await clock.advance(600);
    await closing;
    expect(await outcomeOf(stream)).toMatchObject({ code: 'CLOSED' });
    expect(await read(model.stream(ASK))).toMatchObject({ error: { code: 'CLOSED' } });
  });
});

describe('what policies see', () => {
  test('the attempt stays open until the last chunk: place, circuit and event wait for it', async () => {
    const { model, clock } = setUp((clock) => ({ a: scripted(clock, ['1', 10, '2', new Error('cut')]) }), {
      policies: [circuitBreaker({ consecutiveFailures: 1 }), concurrencyLimit({ max: 2 })],
    });
    const stream = model.stream(ASK);
    await stream.next();
    expect(model.status().variants['a']?.policies).toMatchObject({
      circuitBreaker: { state: 'closed' },
      concurrencyLimit: { active: 1 },
    });
    await readOn(clock, stream);
    expect(model.status().variants['a']?.policies).toMatchObject({
      circuitBreaker: { state: 'open' },
      concurrencyLimit: { active: 0 },
    });
  });

  test('a slow reader is no slow call', async () => {
    const { model, clock } = setUp((clock) => ({ a: scripted(clock, ['1', '2']) }), {
      policies: [circuitBreaker({ slowCallMs: 100, consecutiveFailures: 1 })],
    });
    const stream = model.stream(ASK);
    await stream.next();
    await clock.advance(5000);
    await readOn(clock, stream);
    expect((await stream.decision).explain().attempts).toMatchObject([{ resultClass: 'ok' }]);
  });

  test('usage of every attempt is summed, those too that did not serve', async () => {
    const usage = (output: number) => ({
      inputTokens: { total: 10, noCache: 10, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: output, text: output, reasoning: undefined },
    });
    let calls = 0;
    const a = async function* (_input: unknown, call: Call) {
      calls++;
      call.report({ usage: usage(calls), estimated: calls === 1 });
      if (calls === 1) throw new Error('down');
      yield 'fine';
      call.report({ usage: usage(5) });
    } as unknown as Answer;
    const { model, clock } = setUp(() => ({ a }), { policies: [retry({ baseMs: 0 })] });
    const stream = model.stream(ASK);
    await readOn(clock, stream);
    expect((await stream.decision).usage).toEqual({
      inputTokens: { total: 20, noCache: 20, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: 6, text: 6, reasoning: undefined },
      estimated: true,
      costMicroUsd: null,
    });
  });
});

test('a contract without chunks has no stream', () => {
  const model = createUnderstudy({}).defineModel(
    { name: 'plain', input, output },
    { variants: { a: { predictor: () => 'x', version: '1' } }, champion: 'a' },
  );
  // @ts-expect-error there is none
  expect(() => model.stream(ASK)).toThrow('contract.stream: expected textStream()');
});

test('options that make no sense are told, and call nothing', async () => {
  const { model } = setUp((clock) => ({ a: scripted(clock, ['x']) }));
  const wrong = { onBreak: 'retry', deadlineMs: -1 } as object;
  expect(await read(model.stream(ASK, wrong))).toMatchObject({ error: { code: 'INPUT_INVALID' } });
  expect(() => chunkStream({ chunk: 7, join: 1 } as never)).toThrow('chunkStream() has 3 problems');
});
