import { describe, expect, test } from 'vitest';
import type { Call } from '../types/index.ts';
import { fakeSink } from './fake-sink.ts';
import { injectFaults } from './inject-faults.ts';
import { seededRandom } from './seeded-random.ts';
import { testModel } from './test-model.ts';
import { VirtualClock } from './virtual-clock.ts';
import type { DecisionEvent } from '../events/event.ts';
import { fakeCall } from './fake-call.ts';

describe('the virtual clock', () => {
  test('runs timers in order of time, then of arrival, with reactions in between, and those that they set', async () => {
    const clock = new VirtualClock(0, 1000);
    const seen: string[] = [];
    clock.schedule(() => seen.push(`b ${clock.now()}`), 20);
    clock.schedule(() => {
      seen.push(`a ${clock.now()}`);
      void Promise.resolve().then(() => seen.push('a reaction'));
      clock.schedule(() => seen.push(`c ${clock.now()}`), 5);
    }, 10);
    const cancelled = clock.schedule(() => seen.push('never'), 15);
    clock.schedule(() => seen.push('b again'), 20);
    clock.cancel(cancelled);
    await clock.advance(20);
    expect(seen).toEqual(['a 10', 'a reaction', 'c 15', 'b 20', 'b again']);
    expect([clock.now(), clock.wall(), clock.pending]).toEqual([20, 1020, 0]);
    clock.stepWall(-500);
    clock.freeze(5);
    expect([clock.now(), clock.wall()]).toEqual([25, 525]);
  });
});

test('seeded randomness is uniform, and the same for the same seed', () => {
  const [a, b, c] = [seededRandom(1), seededRandom(1), seededRandom(2)];
  const draws = Array.from({ length: 20_000 }, () => a());
  expect(draws.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => b()));
  expect(c()).not.toBe(draws[0]);
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 1);
});

describe('faults', () => {
  const callWith = (signal: AbortSignal): Call => fakeCall({ signal });

  test('come as they are told: queued ones first, then the standing one, then the schedule', async () => {
    const clock = new VirtualClock();
    const faulty = injectFaults((x: number) => x * 2, {
      clock,
      schedule: (call) => (call === 0 ? { kind: 'output', output: 'scheduled' } : undefined),
    });
    const ask = async (): Promise<unknown> => faulty(21, callWith(new AbortController().signal));
    expect(await ask()).toBe('scheduled');
    expect(await ask()).toBe(42);
    faulty.always({ kind: 'error', error: new Error('standing') });
    faulty.next({ kind: 'status', status: 429, retryAfterMs: 70 }, undefined);
    await expect(ask()).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      retryable: true,
      details: { status: 429, retryAfterMs: 70 },
    });
    expect(await ask()).toBe(42);
    await expect(ask()).rejects.toThrow('standing');
    faulty.always({ kind: 'throw', error: 'at once' });
    expect(() => faulty(1, callWith(new AbortController().signal))).toThrow('at once');
    expect([faulty.calls, faulty.running]).toEqual([6, 0]);
  });

  test('delays and hangs hear the signal, unless they ignore it', async () => {
    const clock = new VirtualClock();
    const faulty = injectFaults(() => 1, { clock });
    const abort = new AbortController();
    faulty.next({ kind: 'delay', ms: 100 }, { kind: 'hang' }, { kind: 'hang', ignoreSignal: true });
    const calls = [0, 1, 2].map(async () => faulty(undefined, callWith(abort.signal)));
    const ends = Promise.allSettled(calls.slice(0, 2));
    expect(faulty.running).toBe(3);
    abort.abort(new Error('left'));
    expect(await ends).toMatchObject([{ reason: { message: 'left' } }, { reason: { message: 'left' } }]);
    expect(faulty.running).toBe(1);
  });
});

test('a fake sink fails, stalls and keeps', async () => {
  const sink = fakeSink();
  const context = { signal: new AbortController().signal };
  const event = { v: 1, type: 'decision', id: 'x', at: 0, model: 'm' } as DecisionEvent;
  sink.failNext(new Error('once'));
  await expect(sink.write([event], context)).rejects.toThrow('once');
  sink.hold();
  let written = false;
  const writing = Promise.resolve(sink.write([event], context)).then(() => {
    written = true;
    return written;
  });
  await Promise.resolve();
  expect(written).toBe(false);
  sink.release();
  await writing;
  expect([sink.events, sink.batches, sink.ofType('outcome')]).toEqual([[event], [1], []]);
});

test('testModel takes only what defineModel made', () => {
  expect(() => testModel({ name: 'x' })).toThrow(/takes what defineModel\(\) returned/);
});
