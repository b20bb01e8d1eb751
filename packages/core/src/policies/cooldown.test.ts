import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { failing, NOTHING_TOLD, policyCall, policyDependencies } from '../../tests/support/policies/policy-call.ts';
import { UnderstudyError } from '../errors/index.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { FailureKind, ResultClass } from '../types/index.ts';
import { composeWith } from './compose.ts';
import { cooldown } from './cooldown.ts';

const status = (code: number): UnderstudyError => new UnderstudyError('HTTP_STATUS', `${code}`, { details: { status: code } });

test('options that make no sense', () => {
  expect(() => cooldown({ ms: 0 })).toThrow(/cooldown\.ms: expected milliseconds over 0, got 0/);
});

test('a rejected key is left alone, then one call at a time tries it', async () => {
  const clock = new VirtualClock(0);
  const call = composeWith({ clock, name: 'api' }, cooldown({ ms: 1000 }));
  let reached = 0;
  const rejected = (): Promise<never> => {
    reached++;
    return Promise.reject(status(401));
  };
  await expect(call(rejected)).rejects.toMatchObject({ code: 'HTTP_STATUS' });
  await expect(call(rejected)).rejects.toMatchObject({
    code: 'KEY_REJECTED',
    message: 'api: its key was rejected: give it another key, or wait.',
    details: { retryAfterMs: 1000 },
  });
  expect(call.status()['cooldown']).toEqual({ cooling: true, reason: 'auth', forMs: 1000 });
  await clock.advance(1000);
  const probe = call(() => new Promise((_done, fail) => clock.schedule(() => fail(status(402)), 100))).catch(() => 'failed');
  await expect(call(rejected)).rejects.toMatchObject({ code: 'KEY_REJECTED', details: { retryAfterMs: 1000 } });
  await clock.advance(100);
  expect(await probe).toBe('failed');
  expect(call.status()['cooldown']).toEqual({ cooling: true, reason: 'quota-exhausted', forMs: 1000 });
  await clock.advance(1000);
  expect(await call(() => 'answer')).toBe('answer');
  expect(call.status()['cooldown']).toEqual({ cooling: false, reason: null, forMs: 0 });
  expect(await call(() => 'answer')).toBe('answer');
  expect(reached).toBe(1);
});

test('other failures begin nothing', async () => {
  const call = composeWith({ clock: new VirtualClock(0) }, cooldown());
  for (const code of [400, 404, 429, 500, 503]) await call(() => Promise.reject(status(code))).catch(() => undefined);
  expect(call.status()['cooldown']).toMatchObject({ cooling: false });
});

test('an operator ends it: by release(), and by control.resume()', async () => {
  const clock = new VirtualClock(0);
  const call = composeWith({ clock }, cooldown());
  await call(() => Promise.reject(status(403))).catch(() => undefined);
  call.release();
  expect(await call(() => 'answer')).toBe('answer');

  let works = false;
  const model = createUnderstudy({ clock }).defineModel(
    { name: 'm', input: z.string(), output: z.string() },
    {
      variants: { v1: { version: '1', predictor: () => (works ? 'answer' : Promise.reject(status(401))) } },
      champion: 'v1',
      policies: [cooldown()],
    },
  );
  await model.predict('').catch(() => undefined);
  works = true;
  await expect(model.predict('')).rejects.toMatchObject({ code: 'NOTHING_SERVED' });
  await model.control.resume({ by: { id: 'ann', roles: [] }, reason: 'a new key' });
  expect((await model.predict('')).output).toBe('answer');
});

test('a call of before that is answered late does not end it, and one that fails late does not begin it anew', () => {
  const clock = new VirtualClock(0);
  const { dependencies, changes } = policyDependencies(clock);
  const machine = cooldown({ ms: 1000 }).create(dependencies);
  const [first, second, third] = [0, 0, 0].map((now) => machine.admit(now, policyCall()) as number);
  machine.settle(first ?? 0, 'caller-error', 0, { ...NOTHING_TOLD, error: failing('auth') });
  machine.settle(second ?? 0, 'ok', 10, NOTHING_TOLD);
  machine.settle(third ?? 0, 'caller-error', 900, { ...NOTHING_TOLD, error: failing('auth') });
  expect(machine.snapshot?.(900)).toMatchObject({ cooling: true, forMs: 100 });
  expect(changes).toEqual(['cooldown ok → cooling']);
});

test('property: while it cools nothing goes, after it one at a time, and no probe keeps the others out for good', () => {
  const step = fc.record({
    wait: fc.nat(400),
    settles: fc.boolean(),
    ends: fc.constantFrom<[ResultClass, FailureKind | undefined]>(
      ['ok', undefined],
      ['caller-error', 'auth'],
      ['caller-error', 'quota-exhausted'],
      ['failed', 'overloaded'],
      ['cancelled', undefined],
      ['rejected', undefined],
    ),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const machine = cooldown({ ms: 1000 }).create(policyDependencies(new VirtualClock(0)).dependencies);
      let now = 0;
      const out: number[] = [];
      for (const { wait, settles, ends } of steps) {
        now += wait;
        const before = machine.snapshot?.(now) ?? {};
        const answer = machine.admit(now, policyCall());
        if (before['cooling'] === true && Number(before['forMs']) > 0) expect(answer).toMatchObject({ code: 'KEY_REJECTED' });
        if (before['cooling'] === false) expect(answer).toBeTypeOf('number');
        if (typeof answer === 'number') {
          if (before['cooling'] === true) expect(machine.admit(now, policyCall())).toMatchObject({ code: 'KEY_REJECTED' });
          out.push(answer);
        }
        const permit = settles ? out.shift() : undefined;
        if (permit !== undefined)
          machine.settle(permit, ends[0], now, { ...NOTHING_TOLD, error: ends[1] === undefined ? undefined : failing(ends[1]) });
      }
      // A probe that never ended is given up.
      expect(machine.admit(now + 5000, policyCall())).toBeTypeOf('number');
    }),
    { seed: 47, numRuns: 300 },
  );
});
