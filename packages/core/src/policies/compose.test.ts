import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import type { Call, CustomPolicy, Policy } from '../types/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { type ComposedCall, compose, composeWith } from './compose.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import { off } from './merge.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';

function setUp(...policies: readonly Policy[]): { clock: VirtualClock; call: ComposedCall } {
  const clock = new VirtualClock();
  return { clock, call: composeWith({ clock, random: () => 0.5, name: 'the call' }, ...policies) };
}

const hang = ({ signal }: Call): Promise<never> =>
  new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
const fail = (message: string) => async (): Promise<never> => {
  throw new Error(message);
};

describe('what a function returns or throws comes through', () => {
  test('values, promises, thenables, and errors as they are', async () => {
    const call = compose(retry({ attempts: 1 }), circuitBreaker());
    await expect(call(() => 1)).resolves.toBe(1);
    await expect(call(async () => 2)).resolves.toBe(2);
    const thenable = { then: (done: (value: number) => void) => done(3) };
    await expect(call(() => thenable as Promise<number>)).resolves.toBe(3);
    const error = new Error('mine');
    await expect(call(() => Promise.reject(error))).rejects.toBe(error);
    await expect(
      call(() => {
        throw error;
      }),
    ).rejects.toBe(error);
  });

  test('no policy at all', async () => {
    await expect(compose()(async ({ attempt, remainingMs, unit }) => [attempt, remainingMs > 1e9, unit])).resolves.toEqual([
      1,
      true,
      '',
    ]);
  });
});

describe('retry', () => {
  test('again after a backoff, with the same idempotency key, which differs between calls', async () => {
    const { clock, call } = setUp(retry({ attempts: 3, baseMs: 100 }));
    const keys: string[] = [];
    const at: number[] = [];
    const work = async ({ attempt, idempotencyKey }: Call): Promise<number> => {
      keys.push(idempotencyKey);
      at.push(clock.now());
      if (attempt < 3) throw new Error('again');
      return attempt;
    };
    const first = call(work);
    await clock.advance(1000);
    await expect(first).resolves.toBe(3);
    expect(new Set(keys).size).toBe(1);
    expect(at.map((time) => time - 1000)).toEqual([0, expect.closeTo(50, -1), expect.closeTo(150, -1)]);
    const second = call(work);
    await clock.advance(1000);
    await second;
    expect(new Set(keys).size).toBe(2);
  });

  test('Retry-After of an error closes the call for all until then', async () => {
    const { clock, call } = setUp(retry({ attempts: 2 }));
    let calls = 0;
    const throttledOnce = async (): Promise<string> => {
      calls++;
      if (calls === 1) throw new UnderstudyError('HTTP_STATUS', '429', { details: { status: 429, retryAfterMs: 3000 } });
      return 'well';
    };
    const first = call(throttledOnce);
    await clock.advance(1000);
    const second = call(throttledOnce);
    await clock.advance(1000);
    expect(calls).toBe(1);
    expect(call.status()['throttled']).toEqual({ forMs: 1000 });
    await clock.advance(5000);
    await expect(Promise.all([first, second])).resolves.toEqual(['well', 'well']);
    const late = call(
      async () => {
        throw new UnderstudyError('HTTP_STATUS', '429', { details: { status: 429, retryAfterMs: 9000 } });
      },
      { deadlineMs: 2000 },
    );
    await expect(late).rejects.toMatchObject({ code: 'HTTP_STATUS' });
    await expect(call(() => 1, { deadlineMs: 2000 })).rejects.toMatchObject({
      code: 'THROTTLED',
      details: { retryAfterMs: 9000 },
    });
  });

  test('a call that may not be repeated is not', async () => {
    const { call } = setUp(retry({ attempts: 3, baseMs: 0 }));
    let calls = 0;
    await expect(
      call(
        async () => {
          calls++;
          throw new Error('once');
        },
        { repeatable: false },
      ),
    ).rejects.toThrow('once');
    expect(calls).toBe(1);
  });
});

describe('timeouts and deadlines', () => {
  test('an attempt that takes too long is made again within the deadline, which ends the call', async () => {
    const { clock, call } = setUp(timeout({ ms: 100 }), retry({ attempts: 3, baseMs: 0 }));
    const result = call(hang, { deadlineMs: 250 }).catch((error: unknown) => error);
    await clock.advance(1000);
    expect(await result).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('raise deadlineMs'),
      details: { scope: 'deadline', attempt: 3 },
    });
  });

  test('a signal that is read late tells why it aborted', async () => {
    const { clock, call } = setUp(timeout({ ms: 100 }));
    let seen: Call | undefined;
    const result = call((attempt) => {
      seen = attempt;
      return new Promise(() => {});
    }).catch((error: unknown) => error);
    await clock.advance(200);
    expect(await result).toMatchObject({ code: 'TIMEOUT', details: { scope: 'attempt', limitMs: 100 } });
    expect(seen?.signal.aborted).toBe(true);
    expect(seen?.signal.reason).toMatchObject({ name: 'TimeoutError' });
    expect(seen?.remainingMs).toBe(0);
  });

  test('no timer is left when nothing is in flight', async () => {
    const { clock, call } = setUp(timeout({ ms: 60_000 }), circuitBreaker());
    await call(async () => 1);
    await clock.advance(500);
    expect(clock.pending).toBe(0);
  });
});

describe('the concurrency limit', () => {
  test('a predictor that ignores its signal keeps its place until a lease, and is counted', async () => {
    const { clock, call } = setUp(concurrencyLimit({ limit: 1, maxQueue: 0 }), timeout({ ms: 100 }));
    const stuck = call(() => new Promise(() => {})).catch((error: unknown) => error);
    await clock.advance(200);
    expect(await stuck).toMatchObject({ code: 'TIMEOUT' });
    await expect(call(() => 1)).rejects.toMatchObject({ code: 'CONCURRENCY_LIMIT' });
    await clock.advance(31_000);
    await expect(call(() => 1)).resolves.toBe(1);
    expect(call.status()['concurrencyLimit']).toMatchObject({ active: 0, leaked: 1 });
  });

  test('a place comes back when the predictor ends, however late', async () => {
    const { clock, call } = setUp(concurrencyLimit({ limit: 1, maxQueue: 0 }), timeout({ ms: 100 }));
    const gate = Promise.withResolvers<void>();
    const stuck = call(() => gate.promise).catch((error: unknown) => error);
    await clock.advance(200);
    await stuck;
    gate.resolve();
    await clock.advance(0);
    await expect(call(() => 1)).resolves.toBe(1);
    await clock.advance(60_000);
    expect(call.status()['concurrencyLimit']).toMatchObject({ active: 0, leaked: 0 });
  });

  test('a queued call waits no longer than its deadline; time in the queue is not time in flight', async () => {
    const { clock, call } = setUp(concurrencyLimit({ limit: 1 }), timeout({ ms: 100 }));
    const gate = Promise.withResolvers<string>();
    const first = call(() => gate.promise);
    const impatient = call(() => 'never', { deadlineMs: 50 }).catch((error: unknown) => error);
    const patient = call(hang).catch((error: unknown) => error);
    await clock.advance(90);
    expect(await impatient).toMatchObject({ code: 'CONCURRENCY_LIMIT' });
    gate.resolve('first');
    await expect(first).resolves.toBe('first');
    await clock.advance(150);
    expect(await patient).toMatchObject({ code: 'TIMEOUT', details: { limitMs: 100 } });
  });

  test('a call that its caller aborts leaves the queue at once: a place that comes free in the same breath is not lost', async () => {
    const { call } = setUp(concurrencyLimit({ limit: 1 }));
    const caller = new AbortController();
    const left = new Error('left');
    let queued: Promise<unknown> = Promise.resolve();
    await call(() => {
      queued = call(() => 'never', { signal: caller.signal }).catch((error: unknown) => error);
      caller.abort(left);
    });
    expect(await queued).toBe(left);
    expect(call.status()['concurrencyLimit']).toMatchObject({ active: 0, queued: 0 });
    await expect(call(() => 1)).resolves.toBe(1);
  });

  test('the signal that a policy of a user has read aborts when its call leaves the queue', async () => {
    const signals: AbortSignal[] = [];
    const reading: CustomPolicy = {
      kind: 'reading',
      create: () => ({ admit: (_now, { signal }) => signals.push(signal), settle: () => undefined }),
    };
    const { clock, call } = setUp(reading, concurrencyLimit({ limit: 1 }));
    const caller = new AbortController();
    const first = call(hang, { signal: caller.signal }).catch((error: unknown) => error);
    const late = call(() => 'never', { deadlineMs: 50 }).catch((error: unknown) => error);
    const aborted = call(() => 'never', { signal: caller.signal }).catch((error: unknown) => error);
    await clock.advance(100);
    expect(await late).toMatchObject({ code: 'CONCURRENCY_LIMIT' });
    caller.abort(new Error('left'));
    expect(await Promise.all([first, aborted])).toMatchObject([{ message: 'left' }, { message: 'left' }]);
    expect(signals.map(({ reason }) => String(reason))).toEqual([
      'Error: left',
      'TimeoutError: The attempt has run out of time',
      'Error: left',
    ]);
  });

  test('after a wait the circuit is asked again', async () => {
    const { clock, call } = setUp(concurrencyLimit({ limit: 1 }), circuitBreaker({ consecutiveFailures: 1 }));
    const gate = Promise.withResolvers<never>();
    const first = call(() => gate.promise).catch((error: unknown) => error);
    const queued = call(() => 'never').catch((error: unknown) => error);
    await clock.advance(0);
    gate.reject(new Error('down'));
    await first;
    await clock.advance(0);
    expect(await queued).toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect(call.status()['concurrencyLimit']).toMatchObject({ active: 0, queued: 0 });
  });
});

describe('policies of a user', () => {
  const logging = (log: string[], name: string): CustomPolicy => ({
    kind: name,
    create: () => ({
      admit: () => (log.push(`${name} admits`), 7),
      settle: (permit, resultClass) => void log.push(`${name} ${permit} ${resultClass}`),
    }),
  });

  test('are asked in their order and told in reverse', async () => {
    const log: string[] = [];
    await compose(logging(log, 'a'), logging(log, 'b'))(() => 1);
    expect(log).toEqual(['a admits', 'b admits', 'b 7 ok', 'a 7 ok']);
  });

  test('may refuse, and postpone within the deadline; what was admitted before is given back', async () => {
    const log: string[] = [];
    const closing: CustomPolicy = {
      kind: 'closing',
      create: () => ({ admit: () => ({ refused: 'closed on Sundays' }), settle: () => undefined }),
    };
    const refused = setUp(logging(log, 'a'), closing, circuitBreaker(), concurrencyLimit({ limit: 1 }));
    await expect(refused.call(() => 1)).rejects.toMatchObject({
      code: 'POLICY_REJECTED',
      message: expect.stringContaining('closed on Sundays'),
    });
    expect(log).toEqual(['a admits', 'a 7 rejected']);
    let asked = 0;
    const postponing: CustomPolicy = {
      kind: 'postponing',
      create: ({ clock }) => ({ admit: () => (asked++ === 0 ? { waitUntil: clock.now() + 500 } : 1), settle: () => undefined }),
    };
    const { clock, call } = setUp(postponing);
    const result = call(() => clock.now());
    await clock.advance(1000);
    expect(await result).toBeGreaterThanOrEqual(1500);
  });
});

describe('merging', () => {
  test('of two policies of a kind the later wins, and off removes', async () => {
    const { call } = setUp(
      retry({ attempts: 5, baseMs: 0 }),
      retry({ attempts: 2, baseMs: 0 }),
      circuitBreaker(),
      off('circuitBreaker'),
    );
    expect(call.status()).toMatchObject({ retry: { attempts: 2 } });
    expect(call.circuit).toBeUndefined();
  });
});

test('the async context of each call holds in retries and after timeouts, though one timer serves all', async () => {
  const { clock, call } = setUp(timeout({ ms: 100 }), retry({ attempts: 2, baseMs: 50 }));
  const context = new AsyncLocalStorage<string>();
  const seen: string[] = [];
  const run = (name: string): Promise<unknown> =>
    context.run(name, () =>
      call(({ attempt }) => {
        seen.push(`${name} ${attempt} ${String(context.getStore())}`);
        return attempt === 1 ? new Promise(() => {}) : Promise.resolve(name);
      }).then(() => seen.push(`${name} after ${String(context.getStore())}`)),
    );
  const both = [run('a'), run('b')];
  await clock.advance(1000);
  await Promise.all(both);
  expect(seen.toSorted()).toEqual(['a 1 a', 'a 2 a', 'a after a', 'b 1 b', 'b 2 b', 'b after b']);
});

test('a listener that throws or rejects changes nothing', async () => {
  const call = composeWith({ onEvent: () => Promise.reject(new Error('listener')) }, circuitBreaker({ consecutiveFailures: 1 }));
  await expect(call(fail('down'))).rejects.toThrow('down');
  await expect(call(fail('down'))).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', retryable: true, details: { variant: 'call' } });
});

test('problems are told under the function that was called', () => {
  const pathsOf = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      return [(error as Error).message.split(/[ :]/)[0], (error as UnderstudyError).details.problems?.map(({ path }) => path)];
    }
  };
  expect(pathsOf(() => compose({} as never))).toEqual(['compose()', ['compose.policies[0]']]);
  expect(pathsOf(() => composeWith({ nmae: 'x' } as never, 7 as never))).toEqual([
    'composeWith()',
    ['composeWith.nmae', 'composeWith.policies[0]'],
  ]);
});
