import { expect, test } from 'vitest';
import * as z from 'zod';
import { always } from '../fallback/always.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Call, Policy } from '../types/index.ts';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { microBatch } from './micro-batch.ts';
import { repairJson } from './repair-json.ts';

const contract = { name: 'm', input: z.object({ x: z.number() }), output: z.number() };

function setUp(batch: (inputs: readonly { x: number }[], call: Call) => unknown, ...policies: Policy[]) {
  const clock = new VirtualClock();
  const state = { batches: [] as number[][], single: [] as number[] };
  const single = ({ x }: { x: number }): number => {
    state.single.push(x);
    if (x < 0) throw Object.assign(new Error('bad input'), { status: 422 });
    return x * 10;
  };
  const predictBatch = (inputs: readonly { x: number }[], call: Call) => {
    state.batches.push(inputs.map(({ x }) => x));
    return batch(inputs, call) as Promise<number[]>;
  };
  const model = createUnderstudy({ clock }).defineModel(contract, {
    variants: { v1: { predictor: Object.assign(single, { predictBatch }), version: '1' } },
    champion: 'v1',
    policies: [microBatch({ maxSize: 3, maxWaitMs: 10 }), ...policies],
    fallback: [always(-1)],
  });
  return { clock, state, model };
}
const tens = (inputs: readonly { x: number }[]) => inputs.map(({ x }) => x * 10);

test('calls of the same time are one batch, full ones at once and others after their wait', async () => {
  const { clock, state, model } = setUp(tens);
  const answers = [1, 2, 3, 4].map((x) => model.predict({ x }));
  await clock.advance(0);
  expect(state.batches).toEqual([[1, 2, 3]]);
  await clock.advance(20);
  expect(state.batches).toEqual([[1, 2, 3], [4]]);
  expect((await Promise.all(answers)).map(({ output }) => output)).toEqual([10, 20, 30, 40]);
  expect(model.status().variants['v1']?.policies).toMatchObject({ microBatch: { batches: 2, inputs: 4, waiting: 0 } });
});

test('an answer that is an Error, or that breaks the contract, fails its own call alone', async () => {
  const { clock, model } = setUp((inputs) => inputs.map(({ x }) => (x === 2 ? new Error('no') : x === 3 ? 'three' : x)));
  const answers = [1, 2, 3].map((x) => model.predict({ x }));
  await clock.advance(20);
  expect((await Promise.all(answers)).map(({ output }) => output)).toEqual([1, -1, -1]);
});

test('a batch that is refused for what it holds is asked one by one', async () => {
  const { clock, state, model } = setUp(() => {
    throw Object.assign(new Error('one of them is bad'), { status: 400 });
  });
  const answers = [1, -2, 3].map((x) => model.predict({ x }));
  await clock.advance(20);
  expect((await Promise.all(answers)).map(({ output }) => output)).toEqual([10, -1, 30]);
  expect(state.single).toEqual([1, -2, 3]);
});

test('a batch that fails counts once for the circuit', async () => {
  const { clock, model } = setUp(
    () => Promise.reject(Object.assign(new Error('down'), { status: 503 })),
    circuitBreaker({ consecutiveFailures: 2 }),
  );
  const answers = [1, 2, 3].map((x) => model.predict({ x }));
  await clock.advance(20);
  expect((await Promise.all(answers)).every(({ output }) => output === -1)).toBe(true);
  expect(model.status().variants['v1']?.policies).toMatchObject({ circuitBreaker: { state: 'closed' } });
  const more = [1, 2, 3].map((x) => model.predict({ x }));
  await clock.advance(20);
  await Promise.all(more);
  expect(model.status().variants['v1']?.policies).toMatchObject({ circuitBreaker: { state: 'open' } });
});

test('a batch counts for the circuit by what became of it, whoever was the first in it', async () => {
  const down = Object.assign(new Error('down'), { status: 503 });
  const stateAfter = async (batch: (inputs: readonly { x: number }[]) => unknown, leave = false): Promise<unknown> => {
    const { clock, model } = setUp(batch, circuitBreaker({ consecutiveFailures: 2 }));
    for (let round = 0; round < 4; round++) {
      const caller = new AbortController();
      const first = model.predict({ x: 1 }, { signal: caller.signal }).catch(() => undefined);
      const others = [model.predict({ x: 2 }), model.predict({ x: 3 })];
      await clock.advance(0);
      if (leave) caller.abort();
      await clock.advance(100);
      await Promise.all([first, ...others]);
    }
    return model.status().variants['v1']?.policies['circuitBreaker'];
  };
  expect(await stateAfter((inputs) => inputs.map((_, index) => (index === 0 ? down : 1)))).toMatchObject({
    state: 'closed',
    calls: 4,
    failures: 0,
  });
  expect(await stateAfter((inputs) => inputs.map(() => down))).toMatchObject({ state: 'open' });
  expect(await stateAfter(() => Promise.reject(down), true)).toMatchObject({ state: 'open' });
});

test('a batch whose calls run out of time counts once for the circuit', async () => {
  const { clock, model } = setUp(() => new Promise(() => undefined), circuitBreaker({ consecutiveFailures: 2 }));
  for (let round = 0; round < 2; round++) {
    const answers = [1, 2, 3].map((x) => model.predict({ x }, { deadlineMs: 50 }));
    await clock.advance(100);
    expect((await Promise.all(answers)).map(({ output }) => output)).toEqual([-1, -1, -1]);
    expect(model.status().variants['v1']?.policies).toMatchObject({
      circuitBreaker: round === 0 ? { state: 'closed', failures: 1 } : { state: 'open' },
    });
  }
});

test('an answer to mend is shown to its model alone, with what is wrong', async () => {
  const repairs: unknown[] = [];
  const predictor = Object.assign((_: { x: number }, call: Call) => (repairs.push(call.repair?.output), 7), {
    predictBatch: (inputs: readonly { x: number }[]) => inputs.map(() => 'seven') as unknown as Promise<number[]>,
  });
  const model = createUnderstudy().defineModel(contract, {
    variants: { v1: { predictor, version: '1' } },
    champion: 'v1',
    policies: [microBatch({ maxWaitMs: 0 }), repairJson()],
  });
  expect((await model.predict({ x: 1 })).output).toBe(7);
  expect(repairs).toEqual(['seven']);
});

test('who leaves does not stop the others; when all have left the batch is aborted', async () => {
  let signal: AbortSignal | undefined;
  const { clock, model } = setUp((inputs, call) => {
    signal = call.signal;
    return new Promise((done) => clock.schedule(() => done(tens(inputs)), 100));
  });
  const callers = [new AbortController(), new AbortController()];
  const answers = callers.map(({ signal: caller }, x) =>
    model.predict({ x }, { signal: caller }).catch((error: unknown) => error),
  );
  await clock.advance(20);
  callers[0]?.abort('gone');
  await clock.advance(0);
  expect([await answers[0], signal?.aborted]).toEqual(['gone', false]);
  await clock.advance(100);
  expect(await answers[1]).toMatchObject({ output: 10 });

  const again = callers.map((_, x) => model.predict({ x }, { deadlineMs: 60 }));
  await clock.advance(80);
  await Promise.all(again);
  expect(signal?.aborted).toBe(true);
});

test('usage is borne in equal parts, whole tokens each', async () => {
  const { clock, model } = setUp((inputs, call) => {
    const outputTokens = { total: undefined, text: undefined, reasoning: undefined };
    call.report({
      usage: { inputTokens: { total: 10, noCache: 10, cacheRead: undefined, cacheWrite: undefined }, outputTokens },
    });
    return tens(inputs);
  });
  const answers = [1, 2, 3].map((x) => model.predict({ x }));
  await clock.advance(20);
  expect((await Promise.all(answers)).map(({ usage }) => usage?.inputTokens.total)).toEqual([4, 3, 3]);
});

test('who has left before a batch tells its usage bears none of it, and is not asked for again', async () => {
  const { clock, state, model } = setUp(async (_, call) => {
    await new Promise<void>((wake) => clock.schedule(wake, 50));
    const outputTokens = { total: undefined, text: undefined, reasoning: undefined };
    call.report({
      usage: { inputTokens: { total: 10, noCache: 10, cacheRead: undefined, cacheWrite: undefined }, outputTokens },
    });
    throw Object.assign(new Error('one of them is bad'), { status: 400 });
  });
  const caller = new AbortController();
  const gone = model.predict({ x: 1 }, { signal: caller.signal }).catch((error: unknown) => error);
  const stays = model.predict({ x: 2 });
  await clock.advance(20);
  caller.abort('gone');
  await clock.advance(100);
  expect([await gone, (await stays).usage?.inputTokens.total, state.single]).toEqual(['gone', 10, [2]]);
});

test('predictMany fills batches', async () => {
  const { clock, state, model } = setUp(tens);
  const many = model.predictMany(Array.from({ length: 9 }, (_, x) => ({ x })));
  await clock.advance(50);
  expect((await many).map((result) => (result.status === 'fulfilled' ? result.value.output : 'failed'))).toEqual([
    0, 10, 20, 30, 40, 50, 60, 70, 80,
  ]);
  expect(state.batches.map(({ length }) => length)).toEqual([3, 3, 3]);
});

test('a batch with the wrong number of answers fails, and hangs nobody', async () => {
  for (const odd of [[1], 'none', undefined]) {
    const { clock, model } = setUp(() => odd);
    const answers = [1, 2].map((x) => model.predict({ x }));
    await clock.advance(20);
    expect((await Promise.all(answers)).map(({ output }) => output)).toEqual([-1, -1]);
  }
});
