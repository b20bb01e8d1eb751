import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { always } from '../fallback/always.ts';
import { textStream } from '../model/model-stream.ts';
import type { PredictOptions } from '../model/model-api.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Call, Policy } from '../types/index.ts';
import { problemPaths } from '../../tests/support/problem-paths.ts';
import { usageOf } from '../../tests/support/usage.ts';
import { cache } from './cache.ts';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { coalesce } from './coalesce.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import { hedge } from './hedge.ts';
import { microBatch } from './micro-batch.ts';
import { retry } from './retry.ts';

const contract = { name: 'm', input: z.object({ q: z.string() }), output: z.object({ n: z.number() }) };

function setUp(
  answer: (call: Call, number: number, clock: VirtualClock) => unknown,
  { policies = [], runtime = {}, effects = 'none' }: { policies?: Policy[]; runtime?: object; effects?: 'none' | 'once' } = {},
) {
  const clock = new VirtualClock();
  const state = { calls: 0, aborted: 0, running: 0 };
  const understudy = createUnderstudy({ clock, ...runtime });
  const model = understudy.defineModel(contract, {
    variants: {
      v1: {
        predictor: async (_input: unknown, call: Call) => {
          state.calls++;
          state.running++;
          call.signal.addEventListener('abort', () => state.aborted++);
          try {
            return (await answer(call, state.calls, clock)) as { n: number };
          } finally {
            state.running--;
          }
        },
        version: '1',
        effects,
      },
    },
    champion: 'v1',
    policies: [coalesce(), ...policies],
    fallback: [always({ n: -1 })],
  });
  const counts = (): unknown => model.status().variants['v1']?.policies['coalesce'];
  const ask = async (q = 'a', options?: PredictOptions<'v1'>) => model.predict({ q }, options);
  return { clock, state, model, understudy, ask, counts };
}

const after =
  (ms: number) =>
  (_: Call, n: number, clock: VirtualClock): Promise<unknown> =>
    new Promise((done) => clock.schedule(() => done({ n }), ms));

describe('equal calls at the same time', () => {
  test('are one call; each has a decision, an id and an output of its own, and the first bears the usage', async () => {
    const { clock, state, ask, counts } = setUp(async (call, n, time) => {
      call.report({ usage: usageOf({ total: 10 }, { total: 5 }, null) });
      return after(100)(call, n, time);
    });
    const asked = [ask(), ask(), ask()];
    await clock.advance(100);
    const decisions = await Promise.all(asked);
    expect(state.calls).toBe(1);
    expect(decisions.map(({ output }) => output)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
    expect(decisions.every(({ servedBy, degraded }) => servedBy.tier === 'model' && !degraded)).toBe(true);
    expect(new Set(decisions.map(({ id }) => id)).size).toBe(3);
    expect(new Set(decisions.map(({ output }) => output)).size).toBe(3);
    expect(decisions.map(({ usage }) => usage?.inputTokens.total)).toEqual([10, undefined, undefined]);
    expect(counts()).toEqual({ made: 1, joined: 2, inFlight: 0 });
  });

  test('of another input, tenant or time are not', async () => {
    const { clock, state, ask } = setUp(after(100));
    const asked = [ask('a'), ask('b'), ask('a', { tenant: 'acme' })];
    await clock.advance(100);
    await Promise.all(asked);
    const later = ask('a');
    await clock.advance(100);
    await later;
    expect(state.calls).toBe(4);
  });

  test('who came later began later', async () => {
    const { clock, ask } = setUp(after(100));
    const first = ask();
    await clock.advance(60);
    const second = ask();
    await clock.advance(40);
    expect((await first).explain().attempts).toMatchObject([{ startMs: 0, durationMs: 100 }]);
    expect((await second).explain().attempts).toMatchObject([{ startMs: 0, durationMs: 40 }]);
  });

  test('share a failure, then each goes to its own next tier; it counts once for the circuit', async () => {
    const { clock, state, ask, model } = setUp(
      async (call, n, time) => {
        await after(10)(call, n, time);
        throw Object.assign(new Error('down'), { status: 503 });
      },
      { policies: [circuitBreaker({ consecutiveFailures: 2 })] },
    );
    const asked = [ask(), ask(), ask()];
    await clock.advance(100);
    const decisions = await Promise.all(asked);
    expect(decisions.map(({ output, degraded }) => [output.n, degraded])).toEqual([
      [-1, true],
      [-1, true],
      [-1, true],
    ]);
    expect(decisions[2]?.explain().rescued).toMatchObject({ code: 'PREDICTOR_FAILED' });
    expect(state.calls).toBe(1);
    expect(model.status().variants['v1']?.policies['circuitBreaker']).toMatchObject({ state: 'closed' });
  });

  test('an attempt that is made again is one of each', async () => {
    const { clock, ask, state } = setUp(
      async (_, n) => {
        if (n === 1) throw Object.assign(new Error('down'), { status: 503 });
        return { n };
      },
      { policies: [retry({ attempts: 2 })] },
    );
    const asked = [ask(), ask()];
    await clock.advance(5000);
    const decisions = await Promise.all(asked);
    expect(decisions.map((decision) => decision.explain().attempts.length)).toEqual([2, 2]);
    expect(state.calls).toBe(2);
  });
});

describe('who leaves', () => {
  test('does not stop the others; when all have left the call is aborted', async () => {
    const { clock, state, ask, model } = setUp(after(100));
    const callers = [new AbortController(), new AbortController()];
    const asked = callers.map(async ({ signal }) => ask('a', { signal }).catch((error: unknown) => error));
    await clock.advance(10);
    callers[0]?.abort('first');
    expect(await asked[0]).toBe('first');
    expect(state.aborted).toBe(0);
    callers[1]?.abort('second');
    expect(await asked[1]).toBe('second');
    expect(state.aborted).toBe(1);
    expect(model.status().calls).toMatchObject({ cancelled: 2, inFlight: 0 });
    // A call that comes now makes a new one.
    const next = ask();
    await clock.advance(200);
    expect((await next).output.n).toBe(2);
  });

  test('the first may leave too', async () => {
    const { clock, ask } = setUp(after(100));
    const caller = new AbortController();
    const first = ask('a', { signal: caller.signal }).catch((error: unknown) => error);
    const second = ask();
    await clock.advance(10);
    caller.abort('gone');
    expect(await first).toBe('gone');
    await clock.advance(100);
    expect((await second).output.n).toBe(1);
  });

  test('what is used when the first has left is borne by the next one', async () => {
    const { clock, ask } = setUp(async (call, n, time) => {
      await new Promise<void>((done) => time.schedule(done, 50));
      call.report({ usage: usageOf({ total: 10 }, { total: 5 }, null) });
      return { n };
    });
    const first = new AbortController();
    const gone = ask('a', { signal: first.signal }).catch((error: unknown) => error);
    const stays = ask();
    await clock.advance(10);
    first.abort('gone');
    await clock.advance(100);
    expect([await gone, (await stays).usage?.inputTokens.total]).toEqual(['gone', 10]);
  });

  test('each has its own deadline: one with less time goes to its next tier', async () => {
    const { clock, state, ask } = setUp(after(500));
    const first = ask('a', { deadlineMs: 2000 });
    const hasty = ask('a', { deadlineMs: 200 });
    await clock.advance(250);
    expect((await hasty).explain()).toMatchObject({ rescued: { code: 'TIMEOUT' } });
    await clock.advance(300);
    expect((await first).output.n).toBe(1);
    expect([state.calls, state.aborted]).toEqual([1, 0]);
  });

  test('where the first has too little time, one more call is made for those that have more', async () => {
    const { clock, state, ask } = setUp(async (call, n, time) => after(n === 1 ? 10_000 : 50)(call, n, time));
    const hasty = ask('a', { deadlineMs: 200 });
    const patient = ask('a', { deadlineMs: 2000 });
    await clock.advance(300);
    expect((await hasty).output.n).toBe(-1);
    expect((await patient).output.n).toBe(2);
    expect([state.calls, state.aborted]).toEqual([2, 1]);
  });

  test('where the first waits in a queue for too short a time, the others wait on', async () => {
    const { clock, ask } = setUp(async (call, n, time) => after(n === 1 ? 200 : 5)(call, n, time), {
      policies: [concurrencyLimit({ limit: 1 })],
    });
    const busy = ask('busy');
    const hasty = ask('a', { deadlineMs: 50 });
    await clock.advance(10);
    const patient = ask('a', { deadlineMs: 5000 });
    await clock.advance(300);
    expect([(await busy).output.n, (await hasty).output.n, (await patient).output.n]).toEqual([1, -1, 2]);
  });

  test.each<[string, Policy[], object]>([
    ['an endpoint that asks for a wait', [retry()], { status: 429, headers: { 'retry-after-ms': '100' } }],
    ['a retry', [retry({ baseMs: 100, jitter: 'none' })], { status: 503 }],
    ['a retry that is hedged', [retry({ baseMs: 100, jitter: 'none' }), hedge({ delayMs: 9000 })], { status: 503 }],
  ])('%s: who has time for it waits, and the first does not', async (_, policies, told) => {
    const { clock, ask, state } = setUp(
      async (call, n, time) => {
        await after(20)(call, n, time);
        if (n === 1) throw Object.assign(new Error('later'), told);
        return { n };
      },
      { policies },
    );
    const hasty = ask('a', { deadlineMs: 60 });
    const patient = ask('a', { deadlineMs: 5000 });
    await clock.advance(70);
    expect((await hasty).output.n).toBe(-1);
    await clock.advance(1000);
    expect([(await patient).output.n, state.calls]).toEqual([2, 2]);
  });

  test('who is more important is not shed with the first', async () => {
    const { clock, ask } = setUp(after(20), { policies: [concurrencyLimit({ limit: 1, maxQueue: 2 })] });
    const asked = [ask('busy'), ask('a', { priority: -5 }), ask('a', { priority: 100 }), ask('y'), ask('z')];
    await clock.advance(200);
    const decisions = await Promise.all(asked);
    expect(decisions.map(({ output }) => output.n)).toEqual([1, -1, 2, 3, -1]);
    expect(decisions[4]?.explain().rescued).toMatchObject({ code: 'CONCURRENCY_LIMIT' });
  });

  test('a runtime that closes tells all of them', async () => {
    const { clock, ask, understudy } = setUp(() => new Promise(() => undefined));
    const asked = [ask('a', { deadlineMs: 60_000 }), ask('a', { deadlineMs: 30_000 })].map(async (one) =>
      one.catch((error: unknown) => error),
    );
    await clock.advance(10);
    const closing = understudy.close({ timeoutMs: 100 });
    await clock.advance(200);
    await closing;
    expect(await Promise.all(asked)).toMatchObject([{ code: 'CLOSED' }, { code: 'CLOSED' }]);
  });
});

test('it has no options', () => {
  expect(problemPaths(() => coalesce({ maxWaitMs: 5 } as never))).toEqual(['coalesce.maxWaitMs']);
  expect(problemPaths(() => coalesce(5 as never))).toEqual(['coalesce']);
});

describe('with others', () => {
  test('the answer is cached once', async () => {
    const { clock, state, ask, model } = setUp(after(10), { policies: [cache({ ttlMs: 1000 })] });
    const asked = [ask(), ask()];
    await clock.advance(20);
    await Promise.all(asked);
    expect((await ask()).servedBy.tier).toBe('cache');
    expect(state.calls).toBe(1);
    expect(model.status().variants['v1']?.policies['cache']).toMatchObject({ misses: 2, kept: 1, hits: 1 });
  });

  test('calls with effects are all made', async () => {
    const { clock, state, ask } = setUp(after(10), { effects: 'once' });
    const asked = [ask(), ask()];
    await clock.advance(20);
    await Promise.all(asked);
    expect(state.calls).toBe(2);
  });

  test.each<[string, object, number]>([
    ['by default', {}, 1],
    ['without crossRequest', { crossRequest: false }, 2],
    ['where waitUntil is given', { waitUntil: () => undefined }, 2],
    ['where waitUntil is given, with crossRequest', { waitUntil: () => undefined, crossRequest: true }, 1],
  ])('%s', async (_, runtime, calls) => {
    const { clock, state, ask, model } = setUp(after(10), { runtime, policies: [microBatch()] });
    const asked = [ask(), ask()];
    await clock.advance(20);
    await Promise.all(asked);
    expect(state.calls).toBe(calls);
    const kinds = Object.keys(model.status().variants['v1']?.policies ?? {});
    expect(kinds).toEqual(calls === 1 ? ['microBatch', 'coalesce'] : []);
  });

  test('each stream is made by itself', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const model = createUnderstudy({ clock }).defineModel(
      { name: 's', input: z.object({}), output: z.string(), stream: textStream() },
      {
        variants: {
          v1: {
            predictor: async function* () {
              yield `${++calls}`;
            },
            version: '1',
          },
        },
        champion: 'v1',
        policies: [coalesce()],
      },
    );
    const streams = [model.stream({}), model.stream({})];
    const texts = await Promise.all(streams.map(async (stream) => (await stream.next()).value));
    expect(texts.toSorted((a, b) => Number(a) - Number(b))).toEqual(['1', '2']);
  });
});

/** What a caller does, and when, in milliseconds. */
const caller = fc.record({
  at: fc.nat(60),
  key: fc.constantFrom('a', 'b'),
  deadlineMs: fc.integer({ min: 5, max: 120 }),
  leavesAfter: fc.option(fc.nat(80), { nil: undefined }),
});
const attempt = fc.record({ ms: fc.nat(100), how: fc.constantFrom('answers', 'fails', 'hangs', 'ignores') });

test('any callers, aborts and failures: each call ends once, and no flight is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(caller, { minLength: 1, maxLength: 8 }),
      fc.array(attempt, { minLength: 1 }),
      fc.boolean(),
      async (callers, script, isCached) => {
        const { clock, ask, counts, model, state } = setUp(
          async (call, n, time) =>
            new Promise((done, fail) => {
              const { ms, how } = script[n % script.length] as (typeof script)[number];
              if (how !== 'ignores') call.signal.addEventListener('abort', () => fail(call.signal.reason as Error));
              if (how === 'fails') time.schedule(() => fail(new Error('down')), ms);
              else if (how !== 'hangs') time.schedule(() => done({ n }), ms);
            }),
          { policies: isCached ? [cache({ ttlMs: 20, staleMs: 20 })] : [] },
        );
        const ends: string[][] = callers.map(() => []);
        callers.forEach(({ at, key, deadlineMs, leavesAfter }, index) => {
          const controller = new AbortController();
          clock.schedule(() => {
            void ask(key, { deadlineMs, signal: controller.signal }).then(
              ({ servedBy }) => ends[index]?.push(servedBy.tier),
              () => ends[index]?.push('left'),
            );
            if (leavesAfter !== undefined) clock.schedule(() => controller.abort('gone'), leavesAfter);
          }, at);
        });
        await clock.advance(100_000);
        for (const [index, end] of ends.entries()) {
          expect(end).toHaveLength(1);
          if (callers[index]?.leavesAfter === undefined) expect(end[0]).not.toBe('left');
        }
        expect(counts()).toMatchObject({ inFlight: 0 });
        expect(model.status().calls).toMatchObject({ total: callers.length, inFlight: 0 });
        expect(state.running).toBe(0);
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});
