import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import type { Call } from '../types/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { circuitBreaker } from './circuit-breaker-policy.ts';
import { composeWith } from './compose.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';

const ours = new Set(['TIMEOUT', 'CIRCUIT_OPEN', 'CONCURRENCY_LIMIT', 'THROTTLED']);

const call = fc.record({
  wait: fc.nat(400),
  takes: fc.nat(800),
  ends: fc.constantFrom('answer', 'answer', 'answer', 'throw', 'reject', 'throttle', 'hang', 'ignore', 'sync'),
  abortAfter: fc.option(fc.nat(1000), { freq: 4 }),
  deadlineMs: fc.option(fc.integer({ min: 1, max: 2000 })),
  priority: fc.nat(2),
});

test('property: whatever calls do and whenever they are aborted, each settles once, and every place, permit and timer comes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 40 }), fc.nat(), async (calls, seed) => {
      const clock = new VirtualClock();
      const guarded = composeWith(
        { clock, random: seededRandom(seed) },
        timeout({ ms: 300 }),
        retry({ attempts: 3, baseMs: 50 }),
        circuitBreaker({ consecutiveFailures: 4, openMs: 500, probeLeaseMs: 5000 }),
        concurrencyLimit({ limit: 2, maxQueue: 3 }),
      );
      let running = 0;
      let max = 0;
      const enter = (): void => {
        running++;
        max = Math.max(max, running);
      };
      const work =
        ({ takes, ends }: (typeof calls)[number]) =>
        ({ signal }: Call): string | Promise<string> => {
          if (ends === 'sync') return 'answer';
          if (ends === 'throw') throw new Error('thrown');
          enter();
          return new Promise<string>((done, fail) => {
            if (ends === 'hang') signal.addEventListener('abort', () => fail(signal.reason), { once: true });
            else
              clock.schedule(() => {
                if (ends === 'reject') fail(new Error('rejected'));
                else if (ends === 'throttle')
                  fail(new UnderstudyError('HTTP_STATUS', '429', { details: { status: 429, retryAfterMs: 100 } }));
                else done('answer');
              }, takes);
          }).finally(() => {
            running--;
          });
        };
      const settled: string[] = [];
      for (const one of calls) {
        await clock.advance(one.wait);
        const abort = new AbortController();
        const reason = new Error('left');
        if (one.abortAfter !== null) clock.schedule(() => abort.abort(reason), one.abortAfter);
        guarded(work(one), {
          signal: abort.signal,
          priority: one.priority,
          ...(one.deadlineMs === null ? {} : { deadlineMs: one.deadlineMs }),
        }).then(
          (value) => settled.push(value),
          (error: unknown) => {
            const known =
              error === reason ||
              (UnderstudyError.is(error) && (ours.has(error.code) || error.code === 'HTTP_STATUS')) ||
              (error instanceof Error && /^(thrown|rejected)$/.test(error.message));
            settled.push(known ? 'known' : `unknown ${String(error)}`);
          },
        );
      }
      await clock.advance(120_000);
      expect(settled).toHaveLength(calls.length);
      expect(settled.filter((end) => end.startsWith('unknown'))).toEqual([]);
      expect(max).toBeLessThanOrEqual(2);
      expect(guarded.status()).toMatchObject({
        retry: { inFlight: 0 },
        concurrencyLimit: { active: 0, queued: 0, leaked: 0 },
        circuitBreaker: { overdue: 0, probesInFlight: 0 },
      });
      expect([running, clock.pending]).toEqual([0, 0]);
    }),
    { seed: 31, numRuns: 100 },
  );
}, 300_000);

test('a refusal further in keeps nobody from asking again: only an endpoint may ask for that', async () => {
  const clock = new VirtualClock(0);
  let asked = 0;
  const call = composeWith({ clock });
  const refuse = (code: 'CIRCUIT_OPEN' | 'HTTP_STATUS') => () => {
    asked++;
    throw new UnderstudyError(code, 'Later.', { retryable: true, details: { status: 429, retryAfterMs: 5000 } });
  };
  for (const code of ['CIRCUIT_OPEN', 'HTTP_STATUS'] as const) {
    await call(refuse(code)).catch(() => undefined);
    expect(call.status()).toEqual(code === 'CIRCUIT_OPEN' ? {} : { throttled: { forMs: 5000 } });
  }
  expect(asked).toBe(2);
});
