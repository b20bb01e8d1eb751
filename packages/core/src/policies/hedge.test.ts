import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { Call } from '../types/index.ts';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { composeWith } from './compose.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import { hedge } from './hedge.ts';
import { retry } from './retry.ts';

function setUp(...policies: Parameters<typeof composeWith>[1][]) {
  const clock = new VirtualClock();
  const call = composeWith({ clock, name: 'm' }, ...policies);
  /** Answers its number after so many milliseconds; a negative time fails then. */
  const work = (...times: readonly number[]) => {
    const state = { calls: 0, aborted: [] as number[] };
    const run = ({ signal }: Call): Promise<number> => {
      const number = state.calls++;
      const ms = times[number] ?? 0;
      signal.addEventListener('abort', () => state.aborted.push(number));
      return new Promise((resolve, reject) => {
        clock.schedule(() => (ms < 0 ? reject(new Error(`failed ${number}`)) : resolve(number)), Math.abs(ms));
      });
    };
    return { run, state };
  };
  return { clock, call, work };
}

describe('a slow call', () => {
  test('is made again after the delay; the first answer counts, and the other attempt is cancelled', async () => {
    const { clock, call, work } = setUp(
      hedge({ delayMs: 100 }),
      circuitBreaker({ consecutiveFailures: 1 }),
      concurrencyLimit({ max: 2 }),
    );
    const { run, state } = work(5000, 30);
    const answer = call(run);
    await clock.advance(140);
    expect(await answer).toBe(1);
    expect(state).toEqual({ calls: 2, aborted: [0] });
    expect(call.status()).toMatchObject({ hedge: { launched: 1, won: 1, inFlight: 0 }, circuitBreaker: { state: 'closed' } });
    await clock.advance(6000);
    expect(call.status()).toMatchObject({ concurrencyLimit: { active: 0 } });
    expect(clock.pending).toBe(0);
  });

  test('keeps its first attempt, which may still win', async () => {
    const { clock, call, work } = setUp(hedge({ delayMs: 100 }));
    const { run, state } = work(120, 500);
    const answer = call(run);
    await clock.advance(130);
    expect(await answer).toBe(0);
    expect(state.aborted).toEqual([1]);
  });

  test('that is answered in time is made once', async () => {
    const { clock, call, work } = setUp(hedge({ delayMs: 100 }));
    const { run, state } = work(50);
    const answer = call(run);
    await clock.advance(60);
    expect(await answer).toBe(0);
    await clock.advance(1000);
    expect(state.calls).toBe(1);
  });
});

describe('a failure', () => {
  test('of one attempt waits for the other; when both fail the last error counts', async () => {
    const { clock, call, work } = setUp(hedge({ delayMs: 100 }));
    const rescued = work(-150, 300);
    const answer = call(rescued.run);
    await clock.advance(450);
    expect(await answer).toBe(1);
    const lost = work(-150, -200);
    const failing = call(lost.run).catch((error: unknown) => error);
    await clock.advance(450);
    expect(await failing).toMatchObject({ message: 'failed 1' });
  });

  test('before the delay is retried; after it nothing is', async () => {
    const { clock, call, work } = setUp(hedge({ delayMs: 100 }), retry({ attempts: 5, baseMs: 0 }));
    const early = work(-10, 20);
    const answer = call(early.run);
    await clock.advance(40);
    expect(await answer).toBe(1);
    const late = work(-150, -160, 0);
    const failing = call(late.run).catch((error: unknown) => error);
    await clock.advance(400);
    expect(await failing).toMatchObject({ message: 'failed 1' });
    expect(late.state.calls).toBe(2);
    expect(call.status()).toMatchObject({ hedge: { inFlight: 0 }, retry: { inFlight: 0 } });
  });
});

test('an abort of the caller ends both attempts with its reason', async () => {
  const { clock, call, work } = setUp(hedge({ delayMs: 100 }), concurrencyLimit({ max: 5 }));
  const { run, state } = work(5000, 5000);
  const caller = new AbortController();
  const answer = call(run, { signal: caller.signal }).catch((error: unknown) => error);
  await clock.advance(200);
  caller.abort('gone');
  await clock.advance(0);
  expect(await answer).toBe('gone');
  expect(state.aborted.toSorted()).toEqual([0, 1]);
  expect(call.status()).toMatchObject({ hedge: { inFlight: 0 } });
});

test('a second attempt that waits in a queue leaves it when the first one answers', async () => {
  const { clock, call, work } = setUp(hedge({ delayMs: 100 }), concurrencyLimit({ max: 1 }));
  const { run, state } = work(300);
  const answer = call(run);
  await clock.advance(200);
  expect(call.status()).toMatchObject({ concurrencyLimit: { active: 1, queued: 1 } });
  await clock.advance(200);
  expect(await answer).toBe(0);
  expect(state.calls).toBe(1);
  expect(call.status()).toMatchObject({ concurrencyLimit: { active: 0, queued: 0 }, hedge: { inFlight: 0 } });
});

test('the budget refuses second attempts beyond its share', async () => {
  const { clock, call, work } = setUp(hedge({ delayMs: 10, budgetShare: 0.05, budgetMin: 1 }));
  const answers = Array.from({ length: 20 }, () => call(work(100, 100).run));
  await clock.advance(300);
  await Promise.all(answers);
  expect(call.status()).toMatchObject({ hedge: { launched: 1, denied: 19, inFlight: 0 } });
});

test('at a tail of 20×, p99 falls at least 5× for at most 5 % more calls', async () => {
  const random = seededRandom(7);
  const p99 = async (policies: Parameters<typeof composeWith>[1][]) => {
    const { clock, call } = setUp(...policies);
    let attempts = 0;
    const durations: number[] = [];
    for (let index = 0; index < 4000; index++) {
      const startedAt = clock.now();
      const answer = call(() => {
        attempts++;
        // One call in 33 is 20 times as slow as the others, which take 45–55 ms.
        const ms = (45 + random() * 10) * (random() < 0.03 ? 20 : 1);
        return new Promise<void>((done) => clock.schedule(done, ms));
      }).then(() => durations.push(clock.now() - startedAt));
      await clock.advance(1200);
      await answer;
    }
    return { p99: durations.toSorted((a, b) => a - b)[Math.floor(durations.length * 0.99)] ?? 0, attempts };
  };
  const [bare, hedged] = [await p99([]), await p99([hedge()])];
  expect(bare.p99 / hedged.p99).toBeGreaterThan(5);
  expect(hedged.attempts / 4000).toBeLessThanOrEqual(1.05);
});

test('bad options are told all at once', () => {
  expect(() => hedge({ quantile: 1, delayMs: -1, budgetShare: 0 })).toThrow('hedge() has 3 problems');
});
