import { expect, test } from 'vitest';
import * as z from 'zod';
import { textStream } from '../model/model-stream.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Call, Policy } from '../types/index.ts';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { pool } from './pool.ts';
import { timeout } from './timeout.ts';

type Streaming = (input: unknown, call: Call) => AsyncIterable<string> | Promise<AsyncIterable<string>>;

function setUp(stream: Streaming, policies: readonly Policy[] = [], ofMembers: readonly Policy[] = []) {
  const clock = new VirtualClock();
  const member = Object.assign((): Promise<string> => new Promise(() => undefined), { stream });
  const pooled = pool([member], { clock, policies: ofMembers });
  const model = createUnderstudy({ clock }).defineModel(
    { name: 'm', input: z.object({}), output: z.string(), stream: textStream() },
    {
      variants: { v1: { predictor: pooled, version: '1', policies } },
      champion: 'v1',
      stream: { firstContentMs: 200, idleMs: 500 },
    },
  );
  const read = async (): Promise<{ text: string; error: unknown }> => {
    let text = '';
    const reading = (async () => {
      for await (const chunk of model.stream({})) text += chunk;
    })().then(
      () => undefined,
      (error: unknown) => error,
    );
    await clock.advance(10_000);
    return { text, error: await reading };
  };
  const member0 = () => Object.values(pooled.status())[0];
  return { clock, model, read, member0 };
}

test('a stream that flows has the time of its call, however it was opened', async () => {
  for (const isLater of [false, true]) {
    const made: { clock?: VirtualClock } = {};
    const ticker = async function* (): AsyncGenerator<string> {
      for (let tick = 0; tick < 10; tick++) {
        await new Promise<void>((wake) => made.clock?.schedule(wake, 100));
        yield `${tick} `;
      }
    };
    const { read, clock, member0 } = setUp(
      isLater ? async () => ticker() : ticker,
      [timeout({ ms: 150 })],
      [timeout({ ms: 150 })],
    );
    made.clock = clock;
    expect(await read()).toEqual({ text: '0 1 2 3 4 5 6 7 8 9 ', error: undefined });
    expect(member0()).toMatchObject({ inFlight: 0, calls: 1, failures: 0 });
  }
});

test('a member whose stream stalls, before or after its first content, is blamed, and its circuit opens', async () => {
  for (const first of [[], ['one']]) {
    const stalls = async function* (): AsyncGenerator<string> {
      yield* first;
      await new Promise(() => undefined);
    };
    const { read, member0 } = setUp(async () => stalls(), [], [circuitBreaker({ consecutiveFailures: 2 })]);
    await read();
    await read();
    expect(member0()).toMatchObject({ inFlight: 0, failures: 2, policies: { circuitBreaker: { state: 'open' } } });
  }
});

test("a member that hangs is blamed where the time is the variant's", async () => {
  const { model, clock, member0 } = setUp(
    async function* () {},
    [timeout({ ms: 100 })],
    [circuitBreaker({ consecutiveFailures: 2 })],
  );
  for (let call = 0; call < 2; call++) {
    const answer = model.predict({}).catch(() => undefined);
    await clock.advance(500);
    await answer;
  }
  expect(member0()).toMatchObject({ inFlight: 0, failures: 2, policies: { circuitBreaker: { state: 'open' } } });
});

test('a caller that leaves blames nobody, and the source hears it while a read is pending', async () => {
  let isCancelled = false;
  const { model, clock, member0 } = setUp(
    async () => new ReadableStream<string>({ start: (out) => out.enqueue('one'), cancel: () => void (isCancelled = true) }),
  );
  const stream = model.stream({});
  await stream.next();
  const pending = stream.next();
  await clock.advance(10);
  stream.cancel();
  await clock.advance(10);
  expect([(await pending).done, isCancelled]).toEqual([true, true]);
  expect(member0()).toMatchObject({ inFlight: 0, failures: 0 });
});

test('a thenable of a stream, and an answer that comes whole, are what they are without a pool', async () => {
  const chunks = async function* (): AsyncGenerator<string> {
    yield 'a';
    yield 'b';
  };
  // oxlint-disable-next-line unicorn/no-thenable -- as query builders are
  const thenable = (): never => ({ then: (resolve: (stream: unknown) => void) => resolve(chunks()) }) as never;
  expect(await setUp(thenable).read()).toEqual({ text: 'ab', error: undefined });
  const { read, member0 } = setUp(async () => 'whole' as never);
  expect(await read()).toEqual({ text: 'whole', error: undefined });
  expect(member0()).toMatchObject({ inFlight: 0, calls: 1 });
});
