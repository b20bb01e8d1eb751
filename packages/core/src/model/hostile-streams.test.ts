import { expect, test } from 'vitest';
import * as z from 'zod';
import { always } from '../fallback/always.ts';
import { hedge } from '../policies/hedge.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { ModelStream } from './stream-contract.ts';
import { chunkStream, textStream } from './model-stream.ts';

const input = z.object({});
const thrower = (): never => {
  throw new Error('hostile');
};
const iterator = (parts: object): object => ({ [Symbol.asyncIterator]: () => parts });
const chunks = (...values: readonly unknown[]): object => {
  const left = values.values();
  return iterator({ next: async () => left.next() });
};

/** Streams that are none, or break in an odd way before anything was read. */
const BEFORE: Readonly<Record<string, () => unknown>> = {
  'a number in place of a stream': () => 7,
  'an iterator that is no function': () => ({ [Symbol.asyncIterator]: 7 }),
  'an iterator whose making throws': () => ({ [Symbol.asyncIterator]: thrower }),
  'a next() that throws': () => iterator({ next: thrower, return: thrower }),
  'a next() that is missing': () => iterator({}),
  'a next() that answers nothing': () => iterator({ next: () => undefined }),
  'a next() whose result cannot be read': () =>
    iterator({ next: async () => Object.defineProperty({}, 'done', { get: thrower }) }),
  'a next() that answers a thenable that throws': () => iterator({ next: () => ({ then: thrower }) }),
  'a chunk of another type': () => chunks({}),
  'a chunk that throws when it is looked at': () => chunks(new Proxy({}, { get: thrower, getPrototypeOf: thrower })),
  'a stream that is locked': () => {
    const stream = new ReadableStream({ pull: () => undefined });
    stream.getReader();
    return { getReader: () => stream.getReader() };
  },
};

async function read(clock: VirtualClock, stream: ModelStream<string, unknown>): Promise<{ text: string; error: unknown }> {
  let text = '';
  const reading = (async () => {
    for await (const chunk of stream) text += chunk;
  })().then(
    () => undefined,
    (error: unknown) => error,
  );
  await clock.advance(130_000);
  return { text, error: await reading };
}

function setUp(stream: () => unknown, policies: Parameters<typeof createUnderstudy>[0] = {}) {
  const clock = new VirtualClock();
  const predictor = Object.assign(() => 'whole', { stream: stream as () => AsyncIterable<string> });
  const model = createUnderstudy({ clock, ...policies }).defineModel(
    { name: 'm', input, output: z.string(), stream: textStream() },
    { variants: { v1: { predictor, version: '1' } }, champion: 'v1', fallback: [always('fixed')] },
  );
  return { clock, model };
}

test.each(Object.keys(BEFORE))('%s is rescued by the next tier', async (name) => {
  const { clock, model } = setUp(BEFORE[name] ?? thrower);
  expect(await read(clock, model.stream({}))).toEqual({ text: 'fixed', error: undefined });
  expect(model.status().calls).toMatchObject({ inFlight: 0, served: 1 });
});

test.each([
  ['throws', thrower],
  ['rejects', () => Promise.reject(new Error('hostile'))],
  ['hangs', () => new Promise(() => undefined)],
])('a return() that %s keeps nobody from leaving', async (_, leave) => {
  const { clock, model } = setUp(() => iterator({ next: async () => ({ done: false, value: 'x' }), return: leave }));
  const stream = model.stream({});
  expect(await stream.next()).toEqual({ done: false, value: 'x' });
  await stream.return?.();
  await clock.advance(10);
  expect(model.status().calls).toMatchObject({ cancelled: 1, inFlight: 0 });
  expect(await stream.next()).toMatchObject({ done: true });
});

test('two answers of one next(), and an answer after the end, change nothing', async () => {
  let resolveTwice: ((result: unknown) => void) | undefined;
  const { clock, model } = setUp(() =>
    iterator({
      next: () => ({
        then: (resolve: (result: unknown) => void) => {
          resolve({ done: false, value: 'once ' });
          resolve({ done: false, value: 'twice ' });
          resolveTwice = resolve;
        },
      }),
    }),
  );
  const stream = model.stream({});
  expect([(await stream.next()).value, (await stream.next()).value]).toEqual(['once ', 'once ']);
  stream.cancel();
  resolveTwice?.({ done: false, value: 'late' });
  await clock.advance(10);
  expect(stream.delivered).toEqual(['once ', 'once ']);
});

test('a hedged stream whose both attempts are hostile ends with the next tier', async () => {
  const { clock, model } = setUp(() => new Promise(() => undefined), { policies: [hedge({ delayMs: 10 })] });
  expect(await read(clock, model.stream({}, { deadlineMs: 1000 }))).toEqual({ text: 'fixed', error: undefined });
  expect(model.status().variants['v1']?.policies).toMatchObject({ hedge: { inFlight: 0, launched: 1 } });
});

test('a join, a split and an isContent that throw are told, and end what they cannot serve', async () => {
  for (const broken of ['join', 'split', 'isContent'] as const) {
    const clock = new VirtualClock();
    const failed: string[] = [];
    const parts = {
      chunk: z.string(),
      join: (all: readonly string[]) => all.join(''),
      split: (text: string) => [text],
      isContent: (): boolean => true,
      [broken]: thrower,
    };
    const model = createUnderstudy({ clock }).defineModel(
      { name: 'm', input, output: z.string(), stream: chunkStream(parts) },
      {
        variants: { v1: { predictor: () => chunks('a', 'b') as AsyncIterable<string>, version: '1' } },
        champion: 'v1',
        fallback: [always('fixed')],
      },
    );
    model.on('callback-failed', ({ callback }) => void failed.push(callback));
    const { text, error } = await read(clock, model.stream({}));
    if (broken === 'join') expect([text, error, failed]).toMatchObject(['ab', { code: 'STREAM_CUT' }, ['stream.join']]);
    else if (broken === 'split') expect([text, error]).toEqual(['ab', undefined]);
    else expect([text, error]).toEqual(['fixed', undefined]);
    expect(model.status().calls.inFlight).toBe(0);
  }
});

test('an isContent that answers later is no answer, and raises no unhandled rejection', async () => {
  const clock = new VirtualClock();
  const parts = {
    chunk: z.string(),
    join: (all: readonly string[]) => all.join(''),
    split: (text: string) => [text],
    isContent: (async () => thrower()) as never,
  };
  const model = createUnderstudy({ clock }).defineModel(
    { name: 'm', input, output: z.string(), stream: chunkStream(parts) },
    {
      variants: { v1: { predictor: () => chunks('a') as AsyncIterable<string>, version: '1' } },
      champion: 'v1',
      fallback: [always('fixed')],
    },
  );
  expect(await read(clock, model.stream({}))).toEqual({ text: 'fixed', error: undefined });
});

test('chunks that come at once, without an end, outlive no deadline', async () => {
  for (const chunk of ['', 'x']) {
    const understudy = createUnderstudy({});
    const endless = async function* (): AsyncGenerator<string> {
      for (;;) yield chunk;
    };
    const model = understudy.defineModel(
      { name: 'm', input, output: z.string(), stream: textStream() },
      { variants: { v1: { predictor: endless, version: '1' } }, champion: 'v1' },
    );
    const error = await (async () => {
      for await (const _ of model.stream({}, { deadlineMs: 50 }));
    })().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: chunk === '' ? 'NOTHING_SERVED' : 'STREAM_CUT' });
    await expect(model.predict({}, { deadlineMs: 50 })).rejects.toMatchObject({ code: 'NOTHING_SERVED' });
    expect(model.status().calls.inFlight).toBe(0);
  }
});

test('an asynchronous contract of a chunk is told, and another tier serves', async () => {
  const clock = new VirtualClock();
  const chunk = z.string().refine(async () => true);
  const model = createUnderstudy({ clock }).defineModel(
    {
      name: 'm',
      input,
      output: z.string(),
      stream: chunkStream({ chunk, join: (all) => all.join(''), split: (text: string) => [text] }),
    },
    {
      variants: { v1: { predictor: () => chunks('a') as AsyncIterable<string>, version: '1' } },
      champion: 'v1',
      fallback: [always('fixed')],
    },
  );
  const stream = model.stream({});
  expect(await read(clock, stream)).toEqual({ text: 'fixed', error: undefined });
  expect((await stream.decision).reason).toContain('The contract of a chunk must answer at once');
});
