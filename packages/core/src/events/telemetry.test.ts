import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { retry } from '../policies/retry.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { UnderstudyOptions } from '../runtime/understudy-options.ts';
import type { Sink } from '../types/index.ts';
import { fakeSink } from '../testing/fake-sink.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { UnderstudyEvent } from './event.ts';
import { allowFields } from './redaction.ts';
import { sampleDecision, sampleOutcome, sampleRescue } from '../../tests/support/sample-events.ts';
import { eventSchema } from './schemas.ts';
import { Telemetry, type TelemetryOptions } from './telemetry.ts';

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

function telemetryOf(options: TelemetryOptions) {
  const clock = new VirtualClock();
  return { clock, telemetry: new Telemetry(clock, { queue: { backoffMs: 0 }, ...options }) };
}

const contract = {
  name: 'claims',
  input: z.object({ amount: z.number(), text: z.string() }),
  output: z.object({ score: z.number(), label: z.string() }),
};

function runtimeOf(
  options: UnderstudyOptions,
  predictor: (input: {
    readonly amount: number;
    readonly text: string;
  }) => { score: number; label: string } | Promise<{ score: number; label: string }>,
) {
  const clock = new VirtualClock();
  const understudy = createUnderstudy({ clock, random: seededRandom(1), sinkQueue: { backoffMs: 0 }, ...options });
  const model = understudy.defineModel(contract, {
    variants: {
      v1: { predictor, version: '1' },
      v2: { predictor: (input) => ({ score: input.amount, label: 'v2' }), version: '2' },
    },
    champion: 'v1',
    shadow: { v2: {} },
    fallback: [always({ score: 0, label: 'fixed' })],
  });
  return { clock, understudy, model };
}

describe('fan-out', () => {
  it('gives each sink the types that it accepts, and makes no event that nobody wants', () => {
    const outcomes = fakeSink({ name: 'outcomes', accepts: (type) => type === 'outcome' });
    const { telemetry } = telemetryOf({ sinks: [outcomes] });
    expect([telemetry.wants('decision'), telemetry.wants('outcome')]).toEqual([false, true]);
    telemetry.publish(sampleDecision(), Math.random);
    telemetry.publish(sampleOutcome(), Math.random);
    expect(telemetry.status()).toMatchObject([{ name: 'outcomes', queued: 1 }]);
    const end = telemetry.bus.on('decision', () => undefined);
    expect(telemetry.wants('decision')).toBe(true);
    end();
    expect(telemetry.wants('decision')).toBe(false);
  });

  it('gives content only to the sinks that want it, in one copy that nobody can change', async () => {
    const [with1, with2, bare1, bare2] = [
      fakeSink({ name: 'a', content: true }),
      fakeSink({ name: 'b', content: true }),
      fakeSink({ name: 'c' }),
      fakeSink({ name: 'd' }),
    ];
    const { telemetry } = telemetryOf({ sinks: [with1, bare1, with2, bare2], redact: allowFields(['input.amount']) });
    expect(telemetry.wantsContent).toBe(true);
    const event = Object.freeze(sampleDecision({ input: { amount: 5 }, output: { score: 1 } }));
    telemetry.publish(event, Math.random);
    await telemetry.flush();
    expect(with1.events[0]).toBe(event);
    expect(with2.events[0]).toBe(event);
    const { input: _input, output: _output, ...rest } = event;
    expect(bare1.events).toEqual([rest]);
    expect(bare2.events[0]).toBe(bare1.events[0]);
    expect(Object.isFrozen(bare1.events[0])).toBe(true);
  });

  it('wants content only where some path is allowed and some sink wants it', () => {
    expect(telemetryOf({ sinks: [fakeSink({ content: true })] }).telemetry.wantsContent).toBe(false);
    expect(telemetryOf({ sinks: [fakeSink()], redact: allowFields(['input.a']) }).telemetry.wantsContent).toBe(false);
  });

  it('one stuck and one failing sink delay no other, nor flush of it, and close ends at the abort', async () => {
    const stuck: Sink<UnderstudyEvent> = { name: 'stuck', write: () => new Promise(() => undefined) };
    const failing: Sink<UnderstudyEvent> = { name: 'failing', write: () => Promise.reject(new Error('down')) };
    const fine = fakeSink({ name: 'fine' });
    const { clock, telemetry } = telemetryOf({ sinks: [stuck, failing, fine], queue: { backoffMs: 0, attempts: 2 } });
    for (let count = 0; count < 10; count++) {
      telemetry.publish(sampleDecision(), Math.random);
      await clock.advance(1000);
      expect(fine.ofType('decision')).toHaveLength(count + 1);
    }
    const abort = new AbortController();
    const closed = telemetry.close(abort.signal);
    await turn();
    expect(fine.closed).toBe(true);
    abort.abort(new Error('enough'));
    await closed;
    expect(telemetry.status()).toMatchObject([
      { name: 'stuck', queued: 0, delivered: 0, lost: { 'closed/routine': 10 } },
      { name: 'failing', queued: 0, delivered: 0, lost: { 'delivery-failed/routine': 10 } },
      { name: 'fine', queued: 0, delivered: 10, lost: {} },
    ]);
    expect(fine.ofType('telemetry-dropped').every((event) => event.sink === 'failing')).toBe(true);
  });

  it('flush and close wait for every sink, and name those that failed', async () => {
    const failing: Sink<UnderstudyEvent> = {
      name: 'disk',
      write: () => undefined,
      flush: () => Promise.reject(new Error('full')),
      close: () => Promise.reject(new Error('busy')),
    };
    const slow = fakeSink({ name: 'slow' });
    slow.hold();
    const { telemetry } = telemetryOf({ sinks: [failing, slow] });
    telemetry.publish(sampleDecision(), Math.random);
    let settled = false;
    const flushed = telemetry.flush().catch((error: unknown) => {
      settled = true;
      return error;
    });
    await turn();
    expect(settled).toBe(false);
    slow.release();
    expect(await flushed).toMatchObject({
      code: 'SINK_FAILED',
      message: '1 of 2 sinks failed to flush:\n  disk: full',
      details: { sinks: ['disk'] },
    });
    await expect(telemetry.close(new AbortController().signal)).rejects.toThrow('1 of 2 sinks failed to close');
    expect(slow.closed).toBe(true);
  });
});

describe('sampling', () => {
  it('keeps a share of the routine decisions with their weight, and all the rest', async () => {
    const sink = fakeSink();
    const { telemetry } = telemetryOf({ sinks: [sink], sampling: { routine: 0.25 } });
    const random = seededRandom(7);
    const count = 4000;
    for (let index = 0; index < count; index++) telemetry.publish(sampleDecision(), random);
    const kept = [
      sampleRescue(),
      sampleOutcome(),
      sampleDecision({ outcome: 'failed', errorType: 'TIMEOUT' }),
      sampleDecision({ durationMs: 1000 }),
    ];
    kept.forEach((event) => telemetry.publish(event, random));
    await telemetry.flush();
    const sampled = sink.ofType('decision').filter((event) => event.weight !== 1);
    expect(new Set(sampled.map((event) => event.weight))).toEqual(new Set([4]));
    // Binomial(4000, 0.25): four standard deviations are 110.
    expect(Math.abs(sampled.length - count / 4)).toBeLessThan(110);
    const ids = new Set(sink.events.map((event) => event.id));
    expect(kept.every((event) => ids.has(event.id))).toBe(true);
    expect(sink.events).toHaveLength(sampled.length + kept.length);
    expect(Object.isFrozen(sampled[0])).toBe(true);
  });

  it('an unsampled sink gets every decision, with weight 0 where it is not in the sample', async () => {
    const all: Sink<UnderstudyEvent> & { readonly events: readonly UnderstudyEvent[] } = Object.assign(
      fakeSink({ name: 'all' }),
      { unsampled: true },
    );
    const some = fakeSink({ name: 'some' });
    const { telemetry } = telemetryOf({ sinks: [all, some], sampling: { routine: 0.5 } });
    const draws = [0.1, 0.9, 0.4999, 0.5];
    for (const draw of draws) telemetry.publish(sampleDecision(), () => draw);
    await telemetry.flush();
    expect(some.ofType('decision').map((event) => event.weight)).toEqual([2, 2]);
    expect(all.events.map((event) => (event as { weight?: number }).weight)).toEqual([2, 0, 2, 0]);
  });

  it('draws nothing without sampling', () => {
    const { telemetry } = telemetryOf({ sinks: [fakeSink()] });
    telemetry.publish(sampleDecision(), () => expect.unreachable());
  });

  it('listeners hear every event', () => {
    const { telemetry } = telemetryOf({ sinks: [fakeSink()], sampling: { routine: 0 } });
    let heard = 0;
    telemetry.bus.on('decision', () => heard++);
    for (let index = 0; index < 10; index++) telemetry.publish(sampleDecision(), Math.random);
    expect(heard).toBe(10);
    expect(telemetry.status()).toMatchObject([{ queued: 0 }]);
  });
});

describe('a runtime with sinks and listeners', () => {
  it('a throwing listener and a broken sink change no result and repeat no call', async () => {
    let calls = 0;
    const broken: Sink<UnderstudyEvent> = {
      name: 'broken',
      accepts: () => {
        throw new Error('accepts');
      },
      attach: () => {
        throw new Error('attach');
      },
      queued: () => {
        throw new Error('queued');
      },
      write: () => {
        throw new Error('write');
      },
    };
    const { clock, understudy, model } = runtimeOf({ sinks: [broken], redact: allowFields(['input.amount']) }, ({ amount }) => {
      calls++;
      return { score: amount, label: 'paid' };
    });
    understudy.on('decision', () => {
      throw new Error('listener');
    });
    model.on('decision', async () => {
      throw new Error('later');
    });
    const decision = await model.predict({ amount: 3, text: '' });
    expect(decision).toMatchObject({ output: { score: 3, label: 'paid' }, degraded: false });
    await clock.advance(0);
    expect(calls).toBe(1);
    expect(model.status().listenerFailures).toBe(1);
    await understudy.flush();
    expect(understudy.status().sinks).toMatchObject([
      { delivered: 0, lastError: 'write', lost: { 'delivery-failed/routine': 1, 'delivery-failed/aggregate': 1 } },
    ]);
    await understudy.close();
  });

  it('close ends in bounded time although a sink never takes anything', async () => {
    const { clock, understudy, model } = runtimeOf(
      { sinks: [{ name: 'stuck', write: () => new Promise(() => undefined) }] },
      () => ({ score: 1, label: '' }),
    );
    await model.predict({ amount: 1, text: '' });
    const closed = understudy.close({ timeoutMs: 3000 });
    await clock.advance(3000);
    await closed;
    expect(understudy.status().sinks).toMatchObject([{ queued: 0, lost: { 'closed/routine': 1, 'closed/aggregate': 1 } }]);
  });

  it('flush says TIMEOUT when a sink does not take what was queued', async () => {
    const { clock, understudy, model } = runtimeOf(
      { sinks: [{ name: 'stuck', write: () => new Promise(() => undefined) }] },
      () => ({ score: 1, label: '' }),
    );
    await model.predict({ amount: 1, text: '' });
    const flushed = understudy.flush({ timeoutMs: 2000 }).catch((error: unknown) => error);
    await clock.advance(2000);
    expect(UnderstudyError.is(await flushed, 'TIMEOUT')).toBe(true);
  });

  it('every event that it makes follows its schema and is plain data', async () => {
    const sink = fakeSink({ content: true });
    const { clock, understudy, model } = runtimeOf(
      { sinks: [sink], redact: allowFields(['input.amount', 'output.score']) },
      ({ amount }) => {
        if (amount < 0) throw new Error('negative');
        return { score: amount, label: '' };
      },
    );
    const note = { by: { id: 'ana', roles: ['owner'] }, reason: 'test' };
    const { id } = await model.predict({ amount: 1, text: '' }, { unit: 'u', tenant: 't' });
    await model.predict({ amount: -1, text: '' });
    await model.predict({ amount: 'x' as never, text: '' }).catch(() => undefined);
    await model.predict({ amount: 1, text: '' }, { signal: AbortSignal.abort(new Error('mine')) }).catch(() => undefined);
    await model.recordOutcome(id, { truth: { score: 1, label: '' } });
    await model.recordOutcome(id, { override: { output: { score: 0, label: '' }, by: 'ana', reason: 'known' } });
    await model.recordOutcome('nonsense', { feedback: { agree: true } });
    await model.control.pause(note);
    await model.predict({ amount: 1, text: '' });
    await clock.advance(1000);
    await understudy.close();
    expect(new Set(sink.events.map((event) => event.type))).toEqual(
      new Set(['decision', 'outcome', 'shadow-compared', 'control-changed']),
    );
    expect(sink.ofType('decision').map((event) => event.outcome)).toEqual(
      expect.arrayContaining(['served', 'invalid-input', 'cancelled']),
    );
    for (const event of sink.events) {
      expect(eventSchema.safeParse(event).error).toBeUndefined();
      expect(JSON.parse(JSON.stringify(event))).toEqual(event);
      expect(Object.isFrozen(event)).toBe(true);
    }
    expect(new Set(sink.events.map((event) => event.id)).size).toBe(sink.events.length);
  });
});

describe('privacy', () => {
  const canary = 'canary-5d3e';
  const input = { amount: 5, text: `${canary} in` };
  const answer = { score: 0.5, label: `${canary} out` };

  async function bytesOf(options: UnderstudyOptions, sinks: readonly ReturnType<typeof fakeSink>[]): Promise<string> {
    let failures = 1;
    const { clock, understudy, model } = runtimeOf({ ...options, sinks, policies: [retry({ attempts: 2 })] }, () => {
      if (failures-- > 0) throw new Error('the first attempt fails');
      return answer;
    });
    const first = model.predict(input, { unit: canary });
    await clock.advance(1000);
    const { id } = await first;
    await model.predict({ ...input, extra: canary } as never);
    await model.predict({ text: canary } as never).catch(() => undefined);
    await model.recordOutcome(id, { truth: answer });
    await model.recordOutcome(id, { override: { output: answer, by: 'ana', reason: 'known' } });
    await clock.advance(1000);
    await understudy.close();
    return JSON.stringify(sinks.map((sink) => sink.events));
  }

  it('a canary in every input and output field is in no bytes of any sink', async () => {
    const sinks = [fakeSink({ name: 'a', content: true }), fakeSink({ name: 'b' })];
    const bytes = await bytesOf({ redact: allowFields(['input.amount', 'output.score']) }, sinks);
    expect(bytes).toContain('"input":{"amount":5}');
    expect(bytes).toContain('"output":{"score":0.5}');
    expect(bytes).not.toContain(canary);
  });

  it('no content at all without an allow-list', async () => {
    const bytes = await bytesOf({}, [fakeSink({ content: true })]);
    expect(bytes).not.toMatch(/canary|"input"|"output"|amount/);
  });

  it('an allowed field reaches the sinks that want content, and no other', async () => {
    const [wants, plain] = [fakeSink({ name: 'wants', content: true }), fakeSink({ name: 'plain' })];
    await bytesOf({ redact: allowFields(['input.text']) }, [wants, plain]);
    expect(JSON.stringify(wants.events)).toContain(`${canary} in`);
    expect(JSON.stringify(wants.events)).not.toContain(`${canary} out`);
    expect(JSON.stringify(plain.events)).not.toContain(canary);
  });

  it('what the caller does to its input and to the output afterwards changes no event', async () => {
    const sink = fakeSink({ content: true });
    const output = { score: 1, label: 'first' };
    const { understudy, model } = runtimeOf(
      { sinks: [sink], redact: allowFields(['input.amount', 'output.label']) },
      () => output,
    );
    const mine = { amount: 1, text: '' };
    const decision = await model.predict(mine);
    mine.amount = 2;
    (decision.input as { amount: number }).amount = 2;
    output.label = 'second';
    (decision.output as { label: string }).label = 'third';
    await understudy.flush();
    expect(sink.ofType('decision')).toMatchObject([{ input: { amount: 1 }, output: { label: 'first' } }]);
  });
});
