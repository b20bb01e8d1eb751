import {
  always,
  circuitBreaker,
  concurrencyLimit,
  createUnderstudy,
  type Predictor,
  retry,
  rules,
  timeout,
  UnderstudyError,
  type Unit,
} from '@understudy/core';
import { seededRandom } from '@understudy/core/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { callContext, contextOptions, withCallContext } from './call-context.ts';

describe('withCallContext', () => {
  it('gives its values to all that runs within, and nothing outside', async () => {
    expect(contextOptions()).toEqual({});
    const inside = await withCallContext({ unit: 'u1', tenant: 't1' }, async () => {
      await Promise.resolve();
      return contextOptions();
    });
    expect(inside).toEqual({ unit: 'u1', tenant: 't1' });
    expect(contextOptions()).toEqual({});
  });

  it('nests: inner values win, the others are inherited', () => {
    withCallContext({ unit: 'u1', tenant: 't1' }, () => {
      expect(withCallContext({ unit: 'u2', priority: 5 }, contextOptions)).toEqual({ unit: 'u2', tenant: 't1', priority: 5 });
      expect(contextOptions()).toEqual({ unit: 'u1', tenant: 't1' });
    });
  });

  it('may hold the trace of a request', () => {
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    expect(withCallContext({ trace }, contextOptions)).toEqual({ trace });
  });

  it('passes errors and promises through', async () => {
    const fail = (): never => {
      throw new Error('mine');
    };
    expect(() => withCallContext({}, fail)).toThrow('mine');
    await expect(withCallContext({}, async () => fail())).rejects.toThrow('mine');
  });

  it('what is made of it can be changed without changing the context', () => {
    withCallContext({ unit: 'u1' }, () => {
      Object.assign(contextOptions(), { unit: 'u2' });
      expect(contextOptions().unit).toBe('u1');
    });
  });
});

const input = z.object({ n: z.number() });
const output = z.object({ score: z.number() });

/** Where some code ran: under which request, by its number. */
type Seen = readonly [place: string, request: number, context: Unit | undefined];

const contextNow = (): Unit | undefined => callContext.getStore()?.unit;

describe('a runtime under load', () => {
  // On the real clock: its timers fire in the context of whichever call has set them.
  it('each predictor, at each attempt, each tier and each listener sees the context of its own call', async () => {
    const random = seededRandom(11);
    const seen: Seen[] = [];
    const attempts = new Map<number, number>();
    const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
    const note = (place: string, n: number): void => void seen.push([place, n, contextNow()]);

    /** Fails, hangs, throws or answers, now or later, by the number of the request. */
    const primary: Predictor<{ n: number }, Promise<{ score: number }> | { score: number }> = ({ n }, call) => {
      note('an attempt', n);
      attempts.set(n, (attempts.get(n) ?? 0) + 1);
      if (n % 7 === 0) throw new Error('at once');
      if (n % 7 === 1) return { score: n };
      return (async () => {
        await pause(1 + random() * 20);
        note('after a pause', n);
        if (n % 7 === 2 && call.attempt < 3) throw new Error('later');
        if (n % 7 === 3)
          throw new UnderstudyError('HTTP_STATUS', 'busy', { retryable: true, details: { status: 503, retryAfterMs: 5 } });
        if (n % 7 === 4) {
          await pause(80);
          note('after the time-out', n);
        }
        return { score: n };
      })();
    };
    const understudy = createUnderstudy({ random });
    const model = understudy.defineModel(
      { name: 'claims', input, output },
      {
        variants: {
          v1: { version: '1', predictor: primary },
          v2: {
            version: '2',
            predictor: async ({ n }) => {
              note('fallback', n);
              await pause(5);
              note('fallback after a pause', n);
              if (n % 2 === 0) throw new Error('the fallback, too');
              return { score: -n };
            },
            policies: [concurrencyLimit({ max: 3, maxQueue: 1000 })],
          },
        },
        champion: 'v1',
        policies: [
          timeout({ ms: 40 }),
          retry({ attempts: 3, baseMs: 10, budgetShare: 1 }),
          concurrencyLimit({ max: 8, maxQueue: 1000 }),
        ],
        fallback: [
          'v2',
          rules({
            name: 'table',
            version: '1',
            rows: [
              {
                id: 'R1',
                when: (row) => {
                  note('rule', row.n);
                  return row.n % 3 === 0;
                },
                then: { score: 1 },
              },
            ],
          }),
          always({ score: 0 }),
        ],
      },
    );
    const units = new Map<string, number>();
    understudy.on('decision', (event) => void seen.push(['listener', units.get(event.tenant ?? '') ?? -1, contextNow()]));

    const requests = Array.from({ length: 84 }, (_, n) => {
      units.set(`tenant ${n}`, n);
      return withCallContext({ unit: `unit ${n}`, tenant: `tenant ${n}` }, async () => {
        await pause(random() * 50);
        const decision = await model.predict({ n }, { ...contextOptions(), deadlineMs: 60_000 });
        note('the caller', n);
        return decision;
      });
    });
    const decisions = await Promise.all(requests);
    await pause(100);

    expect(seen.filter(([, n, context]) => context !== `unit ${n}`)).toEqual([]);
    // All that can happen did: retries, time-outs, rescues by each tier.
    expect(new Set(seen.map(([place]) => place))).toEqual(
      new Set([
        'an attempt',
        'after a pause',
        'fallback',
        'fallback after a pause',
        'rule',
        'listener',
        'the caller',
        'after the time-out',
      ]),
    );
    expect(new Set(decisions.map((decision) => decision.servedBy.tier))).toEqual(new Set(['model', 'rules', 'always']));
    expect(Math.max(...attempts.values())).toBe(3);
    expect(seen.filter(([place]) => place === 'listener')).toHaveLength(84);
    expect(contextNow()).toBeUndefined();
    await understudy.close();
  }, 20_000);

  it('an abort by one caller leaves the contexts of the others alone', async () => {
    const understudy = createUnderstudy({ policies: [circuitBreaker(), concurrencyLimit({ max: 1, maxQueue: 100 })] });
    const seen: Seen[] = [];
    const first = Promise.withResolvers<void>();
    const model = understudy.defineModel(
      { name: 'claims', input, output },
      {
        variants: {
          v1: {
            version: '1',
            predictor: async ({ n }) => {
              seen.push(['predictor', n, contextNow()]);
              await first.promise;
              return { score: n };
            },
          },
        },
        champion: 'v1',
      },
    );
    const aborts = Array.from({ length: 10 }, () => new AbortController());
    const calls = aborts.map(({ signal }, n) =>
      withCallContext({ unit: `unit ${n}`, signal }, async () => {
        try {
          await model.predict({ n }, contextOptions());
        } finally {
          seen.push(['settled', n, contextNow()]);
        }
      }),
    );
    for (const n of [3, 5, 7]) withCallContext({ unit: 'who aborts' }, () => aborts[n]?.abort(new Error('mine')));
    first.resolve();
    const results = await Promise.allSettled(calls);
    expect(results.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual([3, 5, 7]);
    expect(seen.filter(([, n, context]) => context !== `unit ${n}`)).toEqual([]);
    expect(seen.filter(([place]) => place === 'settled')).toHaveLength(10);
    await understudy.close();
  });

  it('a nested predict inherits the call through the context', async () => {
    const understudy = createUnderstudy();
    const events: (string | undefined)[] = [];
    understudy.on('decision', (event) => events.push(event.model, event.parentId));
    const inner = understudy.defineModel(
      { name: 'inner', input, output },
      { variants: { v1: { version: '1', predictor: ({ n }) => ({ score: n }) } }, champion: 'v1' },
    );
    const outer = understudy.defineModel(
      { name: 'outer', input, output },
      {
        variants: {
          v1: {
            version: '1',
            predictor: (row, call) =>
              withCallContext({ within: call }, async () => (await inner.predict(row, contextOptions())).output),
          },
        },
        champion: 'v1',
      },
    );
    const decision = await outer.predict({ n: 1 });
    expect(events).toEqual(['inner', decision.id.slice(0, 20), 'outer', undefined]);
    await understudy.close();
  });
});
