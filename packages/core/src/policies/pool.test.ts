import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { used } from '../../tests/support/policies/policy-call.ts';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { fakeCall } from '../testing/fake-call.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Call, Predictor } from '../types/index.ts';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { cooldown } from './cooldown.ts';
import { pool, type PoolOptions } from './pool.ts';
import { rateLimit } from './rate-limit.ts';
import { retry } from './retry.ts';
import { tokenLimit } from './token-limit.ts';

const busy = (status: number, retryAfterMs?: number): UnderstudyError =>
  new UnderstudyError('HTTP_STATUS', `${status}`, {
    details: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  });

/** Endpoints that answer with their name after a time that the test sets, or fail. */
function endpoints(count: number, options: PoolOptions = {}) {
  const clock = new VirtualClock(0);
  const states = Array.from({ length: count }, () => ({ takesMs: 10, fails: undefined as Error | undefined, calls: 0 }));
  const members = states.map((state, index) => ({
    name: `e${index}`,
    predictor: async (_: string, call: Call): Promise<string> => {
      state.calls++;
      await new Promise<void>((over) => {
        clock.schedule(over, state.takesMs);
        call.signal.addEventListener('abort', () => over());
      });
      if (state.fails !== undefined) throw state.fails;
      return `e${index}`;
    },
  }));
  const pooled = pool(members, { clock, random: seededRandom(3), ...options });
  const ask = async (call: Partial<Call> = {}): Promise<unknown> => {
    const answer = pooled('hello', fakeCall(call) as Call).catch((error: unknown) => error);
    await clock.advance(1000);
    return answer;
  };
  return { clock, states, members, pooled, ask };
}

const one = (): number => 1;

test.each([
  [[], {}, 'pool.members: expected a list of at least 1, got []'],
  [[{}], {}, 'pool.members[0].predictor: expected a predictor'],
  [[() => 1], { by: 'round-robin' }, 'pool.by: expected one of "least-loaded", "weighted"'],
  [[() => 1], { policies: [retry()] }, 'pool.policies: expected no retry(): give it to the variant'],
  [
    [
      { predictor: one, name: 'a' },
      { predictor: one, name: 'a' },
    ],
    {},
    'expected another name than "a"',
  ],
  [[{ predictor: one, weight: 0 }], {}, 'pool.members[0].weight: expected a number over 0'],
])('options that make no sense (%#)', (members, options, message) => {
  expect(() => pool(members as Predictor<unknown, unknown>[], options as PoolOptions)).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(message) }),
  );
});

test('by weight: calls go as the weights say', async () => {
  const clock = new VirtualClock(0);
  const counts = { a: 0, b: 0 };
  const weighted = pool(
    [
      { name: 'a', weight: 3, predictor: (): number => counts.a++ },
      { name: 'b', predictor: (): number => counts.b++ },
    ],
    { by: 'weighted', clock, random: seededRandom(1) },
  );
  for (let call = 0; call < 2000; call++) await weighted('', fakeCall());
  expect(counts.a / 2000).toBeGreaterThan(0.72);
  expect(counts.a / 2000).toBeLessThan(0.78);
});

test('a member whose circuit is open is passed over until it may be probed', async () => {
  const { clock, states, pooled, ask } = endpoints(2, { policies: [circuitBreaker({ consecutiveFailures: 2, openMs: 60_000 })] });
  const [bad] = states as [(typeof states)[number]];
  bad.fails = busy(503);
  for (let call = 0; call < 30 && pooled.status()['e0']?.resting !== true; call++) await ask();
  expect(pooled.status()['e0']).toMatchObject({ resting: true, failures: 2, inFlight: 0 });
  const before = bad.calls;
  for (let call = 0; call < 10; call++) expect(await ask()).toBe('e1');
  expect(bad.calls).toBe(before);
  bad.fails = undefined;
  await clock.advance(80_000);
  for (let call = 0; call < 20; call++) await ask();
  expect(bad.calls).toBeGreaterThan(before);
});

test('one that asks for a wait, and one whose key is rejected, are passed over; where all refuse the last one says why', async () => {
  const { states, pooled, ask } = endpoints(2, { policies: [cooldown()] });
  const [one, two] = states as [(typeof states)[number], (typeof states)[number]];
  one.fails = busy(429, 30_000);
  two.fails = busy(401);
  // With more time the last one would wait.
  for (let call = 0; call < 20; call++) await ask({ remainingMs: 100 });
  expect(one.calls + two.calls).toBe(2);
  const refused = await ask({ remainingMs: 100 });
  expect(['THROTTLED', 'KEY_REJECTED']).toContain((refused as UnderstudyError).code);
  expect(pooled.status()).toMatchObject({ e0: { inFlight: 0 }, e1: { inFlight: 0, policies: { cooldown: { cooling: true } } } });
});

test("a variant's retry takes another member than the one that has failed this call", async () => {
  const { clock, states, pooled } = endpoints(3);
  for (const state of states) state.fails = busy(500);
  (states[2] as (typeof states)[number]).fails = undefined;
  const model = createUnderstudy({ clock, random: seededRandom(2) }).defineModel(
    { name: 'm', input: z.string(), output: z.string() },
    {
      variants: { v1: { predictor: pooled, version: '1' } },
      champion: 'v1',
      policies: [retry({ attempts: 3, baseMs: 1, budgetMin: 100 })],
    },
  );
  for (let call = 0; call < 20; call++) {
    const answer = model.predict('hello');
    await clock.advance(500);
    expect((await answer).output).toBe('e2');
  }
});

test('a member gets the call of the pool: its input, what it reports, its unit; policies of a member see the input', async () => {
  const clock = new VirtualClock(0);
  const seen: unknown[] = [];
  const limited = pool(
    [
      {
        predictor: (input: number, call: Call) => {
          seen.push(input, call.unit, call.tenant, call.idempotencyKey, call.attempt);
          call.report(used(5, 5).report ?? {});
          return input;
        },
        policies: [tokenLimit({ perMinute: 60, lease: 60, estimate: (input) => input as number })],
      },
    ],
    { clock },
  );
  const call = fakeCall({ unit: 'ann', tenant: 'acme', idempotencyKey: 'k', attempt: 2 });
  expect(await limited(20, call)).toBe(20);
  expect(seen).toEqual([20, 'ann', 'acme', 'k', 2]);
  expect(call.reported?.usage?.inputTokens.total).toBe(5);
  expect(limited.status()['1']?.policies['tokenLimit']).toMatchObject({ left: 50 });
  expect(limited.describe?.()).toEqual({ pool: 'pool', members: '1' });
});

test("the caller's abort ends the member's call, with the caller's reason", async () => {
  const { clock, pooled } = endpoints(1);
  const abort = new AbortController();
  const answer = pooled('hello', fakeCall({ signal: abort.signal })).catch((error: unknown) => error);
  await clock.advance(1);
  abort.abort('left');
  expect(await answer).toBe('left');
  expect(pooled.status()['e0']).toMatchObject({ inFlight: 0, failures: 0 });
});

function streams() {
  const clock = new VirtualClock(0);
  const closed: string[] = [];
  const chunks = async function* (call: Call): AsyncGenerator<string> {
    yield 'a';
    if (call.unit === 'breaks') throw new Error('cut');
    yield 'b';
  };
  const member = Object.assign((): string => 'ab', {
    stream: (_: string, call: Call) => chunks(call),
    close: () => void closed.push('one'),
  });
  const pooled = pool([member], { clock, policies: [circuitBreaker()] });
  return { pooled, closed };
}

test('a stream counts until it ends, breaks or is left, and its break counts for the member', async () => {
  const { pooled, closed } = streams();
  const inFlight = (): unknown => pooled.status()['1']?.inFlight;
  const open = async (unit = ''): Promise<AsyncIterable<unknown>> => {
    const stream = await pooled.stream?.('', fakeCall({ unit }));
    if (stream === undefined) throw new Error('It does not stream.');
    return stream;
  };
  const read: unknown[] = [];
  for await (const chunk of await open()) {
    read.push(chunk);
    expect(inFlight()).toBe(1);
  }
  expect([read, inFlight()]).toEqual([['a', 'b'], 0]);
  for await (const chunk of await open()) {
    expect(chunk).toBe('a');
    break;
  }
  expect(inFlight()).toBe(0);
  await (await open())[Symbol.asyncIterator]().return?.();
  expect([inFlight(), pooled.status()['1']?.failures]).toEqual([0, 0]);
  await expect(
    (async () => {
      for await (const chunk of await open('breaks')) expect(chunk).toBe('a');
    })(),
  ).rejects.toThrow('cut');
  expect(pooled.status()['1']).toMatchObject({ inFlight: 0, failures: 1 });
  await pooled.close?.();
  expect(closed).toEqual(['one']);
});

test('a pool streams only where every member does', () => {
  expect(pool([() => 1])).not.toHaveProperty('stream');
});

test('a member that fails to close keeps no other from it', async () => {
  const closed: string[] = [];
  const fails = Object.assign(() => 1, {
    close: () => {
      throw new Error('mine');
    },
  });
  const closes = Object.assign(() => 1, { close: () => void closed.push('other') });
  await expect(pool([fails, closes]).close?.()).rejects.toThrow('mine');
  expect(closed).toEqual(['other']);
});

/** The 95th percentile of calls that come at random moments, `perSecond` of them, to endpoints of these latencies. */
async function p95Of(latencies: readonly number[], perSecond: number, seed: number): Promise<number> {
  const clock = new VirtualClock(0);
  const random = seededRandom(seed);
  const members = latencies.map((mean) => async (): Promise<void> => {
    await new Promise<void>((over) => clock.schedule(over, mean * (0.5 + random())));
  });
  const pooled = pool(members, { clock, random });
  const durations: number[] = [];
  for (let call = 0; call < 3000; call++) {
    await clock.advance((-Math.log(1 - random()) * 1000) / perSecond);
    const from = clock.now();
    void pooled('', fakeCall()).then(() => durations.push(clock.now() - from));
  }
  await clock.advance(60_000);
  expect(durations).toHaveLength(3000);
  return durations.sort((a, b) => a - b)[Math.floor(0.95 * durations.length)] ?? NaN;
}

test.each([2, 3, 5])(
  'of %i endpoints one is ten times slower: the 95th percentile stays within 1.3 of the healthy alone',
  async (count) => {
    const healthy = Array.from({ length: count - 1 }, () => 100);
    for (const perSecond of [10, 50]) {
      const alone = await p95Of(healthy, perSecond, 11);
      const withSlow = await p95Of([...healthy, 1000], perSecond, 11);
      const ratio = withSlow / alone;
      if (process.env['FIGURES'] === 'true')
        process.stdout.write(
          `figure: ${count} endpoints, ${perSecond} a second: p95 ${withSlow.toFixed(0)} ms, healthy alone ${alone.toFixed(0)} ms, ratio ${ratio.toFixed(2)}\n`,
        );
      expect(ratio).toBeLessThanOrEqual(1.3);
    }
  },
);

test('a pool whose members all refuse says when the first can be asked, and no circuit outside counts it', async () => {
  const clock = new VirtualClock();
  const understudy = createUnderstudy({ clock });
  const members = [60, 600, 6].map((perMinute) => ({ predictor: async () => 'ok', policies: [rateLimit({ perMinute })] }));
  const model = understudy.defineModel(
    { name: 'm', input: z.string(), output: z.string() },
    {
      variants: { v: { predictor: pool(members, { clock }), version: '1' } },
      champion: 'v',
      fallback: [always('rules')],
      policies: [circuitBreaker({ consecutiveFailures: 2 })],
      deadlineMs: 50,
    },
  );
  const decisions = [];
  for (let call = 0; call < 40; call++) decisions.push(await model.predict('x'));
  expect(decisions.filter(({ output }) => output === 'ok').length).toBeGreaterThanOrEqual(3);
  expect(model.status().variants['v']?.policies['circuitBreaker']).toMatchObject({ state: 'closed', failures: 0 });
  const refused = decisions.find(({ output }) => output === 'rules')?.explain().attempts[0];
  expect(refused).toMatchObject({ errorType: 'RATE_LIMITED', resultClass: 'throttled' });
  expect(refused?.message).toContain('600 calls a minute');
  await understudy.close();
});

test('property: whatever members do, each call is answered once and no load stays', async () => {
  const call = fc.record({
    wait: fc.nat(50),
    fails: fc.constantFrom(0, 0, 0, 500, 429, 401),
    abortAfter: fc.option(fc.nat(30), { freq: 4 }),
    member: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 40 }), fc.nat(), async (calls, seed) => {
      const { clock, states, pooled } = endpoints(3, {
        random: seededRandom(seed),
        policies: [circuitBreaker({ consecutiveFailures: 2, openMs: 100 }), cooldown({ ms: 100 })],
      });
      let ended = 0;
      for (const { wait, fails, abortAfter, member } of calls) {
        const state = states[member] as (typeof states)[number];
        state.fails = fails === 0 ? undefined : busy(fails, fails === 429 ? 50 : undefined);
        const abort = new AbortController();
        if (abortAfter !== null) clock.schedule(() => abort.abort(), abortAfter);
        pooled('', fakeCall({ signal: abort.signal, idempotencyKey: `${ended}`, attempt: 1 + member }))
          .catch(() => undefined)
          .finally(() => ended++);
        await clock.advance(wait);
      }
      await clock.advance(70_000);
      expect(ended).toBe(calls.length);
      for (const { inFlight } of Object.values(pooled.status())) expect(inFlight).toBe(0);
    }),
    { seed: 53, numRuns: 100 },
  );
});
