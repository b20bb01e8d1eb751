import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { GateChecks } from './gate-checks.ts';
import { gate } from './gates/gate.ts';
import { errorRate } from './gates/error-rate.ts';

const CONTEXT = { model: 'm', challenger: 'v2', version: '2', phase: 'canary', share: 0.05, since: 7 };
type Check = Parameters<typeof gate>[0]['check'];

function setUp(checks: Record<string, Check>) {
  const clock = new VirtualClock();
  const asked = new GateChecks(clock);
  const gates = [errorRate({ maxRatio: 2 }), ...Object.entries(checks).map(([name, check]) => gate({ name, check }))];
  const ask = async (ms = 0): Promise<Record<string, unknown>> => {
    asked.ask(gates, CONTEXT);
    await clock.advance(ms);
    return Object.fromEntries(asked.verdicts);
  };
  return { clock, asked, ask };
}

test('each check is asked with its context, and what it says is kept; a gate without one is left alone', async () => {
  const seen: unknown[] = [];
  const proceed = { verdict: 'proceed', reason: 'fine' } as const;
  const { ask, clock } = setUp({
    now: (context) => (seen.push(context), proceed),
    later: async () => ({ ...proceed, verdict: 'roll-back' }),
  });
  expect(await ask()).toEqual({ now: proceed, later: { verdict: 'roll-back', reason: 'fine' } });
  expect(seen).toEqual([{ ...CONTEXT, signal: expect.any(AbortSignal) }]);
  expect(clock.pending).toBe(0);
});

test('one that throws holds, whatever it threw', async () => {
  const throwing = (error: unknown) => () => {
    throw error;
  };
  const { ask } = setUp({ error: throwing(new Error('no alerts')), other: () => Promise.reject('text') });
  expect(await ask()).toEqual({
    error: { verdict: 'hold', reason: 'it failed: no alerts' },
    other: { verdict: 'hold', reason: 'it failed: text' },
  });
});

test('one that hangs is aborted after ten seconds, and is asked again', async () => {
  let signal: AbortSignal | undefined;
  let asked = 0;
  const { ask, clock } = setUp({
    hangs: (context) => {
      ({ signal } = context);
      asked++;
      return new Promise(() => undefined);
    },
  });
  expect(await ask(9999)).toEqual({});
  await ask();
  expect([asked, signal?.aborted]).toEqual([1, false]);
  await clock.advance(1);
  expect([signal?.aborted, await ask()]).toEqual([
    true,
    { hangs: { verdict: 'hold', reason: 'it failed: it did not answer within 10000 ms' } },
  ]);
  expect(asked).toBe(2);
});

test('what it said last stays until it says something else, or is cleared', async () => {
  const answers = [{ verdict: 'proceed', reason: 'one' } as const, new Promise<never>(() => undefined)];
  const { ask, asked } = setUp({ own: () => answers.shift() ?? { verdict: 'hold', reason: 'three' } });
  await ask();
  expect(await ask()).toEqual({ own: { verdict: 'proceed', reason: 'one' } });
  asked.clear();
  expect(asked.verdicts.size).toBe(0);
});

test('what was asked of the attempt before says nothing of the next one, which asks anew', async () => {
  const answers: ((verdict: { verdict: 'roll-back' | 'proceed'; reason: string }) => void)[] = [];
  const { ask, asked } = setUp({ slow: () => new Promise((answer) => answers.push(answer)) });
  await ask();
  asked.clear();
  await ask();
  expect(answers).toHaveLength(2);
  answers[0]?.({ verdict: 'roll-back', reason: 'of the attempt before' });
  expect(await ask()).toEqual({});
  answers[1]?.({ verdict: 'proceed', reason: 'of this one' });
  expect(await ask()).toEqual({ slow: { verdict: 'proceed', reason: 'of this one' } });
});

test('what is no verdict holds, and so does what cannot even be turned into a text', async () => {
  const answers: readonly unknown[] = [undefined, null, 5, 'proceed', {}, { verdict: 'yes' }, [], () => 1, Object.create(null)];
  for (const answer of answers) {
    const { ask } = setUp({ odd: () => answer as never });
    expect(await ask()).toMatchObject({ odd: { verdict: 'hold', reason: expect.stringContaining('it failed: ') } });
  }
  for (const thrown of [Object.create(null), Symbol('s'), () => 1, undefined]) {
    const { ask } = setUp({
      odd: () => {
        throw thrown;
      },
    });
    expect(await ask()).toMatchObject({ odd: { verdict: 'hold', reason: expect.stringContaining('it failed: ') } });
  }
  const { ask } = setUp({ wordy: () => ({ verdict: 'proceed', reason: 'x'.repeat(10_000) }) });
  const { wordy } = (await ask()) as { readonly wordy: { readonly reason: string } };
  expect(wordy.reason.length).toBeLessThanOrEqual(500);
});
