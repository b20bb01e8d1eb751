import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { textStream } from '../model/model-stream.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { UnderstudyOptions } from '../runtime/understudy-options.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Sink } from '../types/index.ts';
import type { UnderstudyEvent } from './event.ts';
import { preloadSinkQueue } from './lazy-sink-queue.ts';
import * as sinkQueue from './sink-queue.ts';

preloadSinkQueue(sinkQueue);
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** A sink that keeps decisions when it is told to, and what it has kept and written. */
class KeepingSink implements Sink<UnderstudyEvent> {
  readonly name: string;
  readonly unsampled = true;
  readonly asked: UnderstudyEvent[] = [];
  readonly written: UnderstudyEvent[] = [];
  readonly #gates: PromiseWithResolvers<void>[] = [];

  constructor(name = 'keeper') {
    this.name = name;
  }

  acknowledge(event: UnderstudyEvent): Promise<void> {
    this.asked.push(event);
    const gate = Promise.withResolvers<void>();
    this.#gates.push(gate);
    return gate.promise;
  }

  write(batch: readonly UnderstudyEvent[]): void {
    this.written.push(...batch);
  }

  keepAll(): void {
    for (const gate of this.#gates.splice(0)) gate.resolve();
  }

  failAll(): void {
    for (const gate of this.#gates.splice(0)) gate.reject(new Error('the disk is full'));
  }
}

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

function modelOf(sinks: readonly Sink<UnderstudyEvent>[], options: UnderstudyOptions = {}) {
  const understudy = createUnderstudy({ clock, sinks, sinkQueue: { flushMs: 10, backoffMs: 0 }, ...options });
  const model = understudy.defineModel(
    { name: 'claims', input: z.number(), output: z.number() },
    { variants: { v1: { predictor: (input: number) => input * 2, version: '1' } }, champion: 'v1' },
  );
  return { understudy, model };
}

/** What has become of a promise by now. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  await turn();
  return Promise.race([
    promise.then(
      () => 'resolved',
      (error: unknown) => error,
    ),
    turn().then(() => 'waits'),
  ]);
}

describe('a sink that acknowledges', () => {
  it('has kept the decision when predict resolves, and is not written it again', async () => {
    const sink = new KeepingSink();
    const { understudy, model } = modelOf([sink]);
    const call = model.predict(21);
    expect(await stateOf(call)).toBe('waits');
    expect(understudy.status().sinks).toMatchObject([{ queued: 1, delivered: 0, unacknowledged: 0 }]);
    sink.keepAll();
    const { id, output } = await call;
    expect([output, sink.asked.map((event) => event.id)]).toEqual([42, [id]]);
    await understudy.flush();
    expect(sink.written).toEqual([]);
    expect(understudy.status().sinks).toMatchObject([{ queued: 0, delivered: 1, unacknowledged: 0, lost: {} }]);
  });

  it('is waited for by predictMany and by the decision of a stream, whose chunks come before', async () => {
    const sink = new KeepingSink();
    const { model, understudy } = modelOf([sink]);
    const many = model.predictMany([1, 2]);
    expect(await stateOf(many)).toBe('waits');
    sink.keepAll();
    expect(await many).toMatchObject([{ value: { output: 2 } }, { value: { output: 4 } }]);

    const speaker = understudy.defineModel(
      { name: 'speaker', input: z.string(), output: z.string(), stream: textStream() },
      {
        variants: {
          v1: {
            predictor: async function* () {
              yield 'a';
              yield 'b';
            },
            version: '1',
          },
        },
        champion: 'v1',
      },
    );
    const stream = speaker.stream('go');
    const chunks: string[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.join('')).toBe('ab');
    expect(await stateOf(stream.decision)).toBe('waits');
    sink.keepAll();
    expect(await stream.decision).toMatchObject({ output: 'ab' });
  });

  it('is not waited for past the deadline of the call: the decision is served, and counted', async () => {
    const sink = new KeepingSink();
    const { understudy, model } = modelOf([sink]);
    const call = model.predict(21, { deadlineMs: 50 });
    expect(await stateOf(call)).toBe('waits');
    await clock.advance(54);
    expect(await call).toMatchObject({ output: 42 });
    expect(understudy.status().sinks).toMatchObject([{ queued: 1, unacknowledged: 1 }]);
    sink.keepAll();
    await turn();
    expect(understudy.status().sinks).toMatchObject([{ queued: 0, delivered: 1, unacknowledged: 1, lost: {} }]);
  });

  it('that fails is written the decision from the queue, and the call is served at once', async () => {
    const sink = new KeepingSink();
    const { understudy, model } = modelOf([sink]);
    const call = model.predict(21);
    await turn();
    sink.failAll();
    const { id } = await call;
    await understudy.flush();
    expect(sink.written.map((event) => event.id)).toEqual([id]);
    expect(understudy.status().sinks).toMatchObject([
      { delivered: 1, unacknowledged: 1, lost: {}, lastError: expect.stringContaining('the disk is full') },
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('odd');
      },
    ],
    [
      'answers a thenable whose then throws',
      () => ({
        get then() {
          throw new Error('odd');
        },
      }),
    ],
    ['rejects with nothing', () => Promise.reject(undefined)],
  ])('that %s loses nothing', async (_, acknowledge) => {
    const sink = Object.assign(new KeepingSink(), { acknowledge });
    const { understudy, model } = modelOf([sink]);
    const { id } = await model.predict(21);
    await understudy.flush();
    expect(sink.written.map((event) => event.id)).toEqual([id]);
  });

  it('that answers at once is waited for no turn of a timer', async () => {
    const sink = Object.assign(new KeepingSink(), { acknowledge: () => undefined });
    const { understudy, model } = modelOf([sink]);
    expect(await model.predict(21)).toMatchObject({ output: 42 });
    expect(understudy.status().sinks).toMatchObject([{ delivered: 1, unacknowledged: 0 }]);
  });

  it('is waited for with others, until all have kept the decision', async () => {
    const [first, second] = [new KeepingSink('first'), new KeepingSink('second')];
    const { model } = modelOf([first, second]);
    const call = model.predict(21);
    await turn();
    first.keepAll();
    expect(await stateOf(call)).toBe('waits');
    second.keepAll();
    expect(await call).toMatchObject({ output: 42 });
  });

  it('does not hold a caller who has left', async () => {
    const { model } = modelOf([new KeepingSink()]);
    const leaving = new AbortController();
    const call = model.predict(21, { signal: leaving.signal });
    expect(await stateOf(call)).toBe('waits');
    leaving.abort(new Error('gone'));
    expect(await stateOf(call)).toMatchObject({ message: 'gone' });
  });

  it('has no more to keep at once than its queue may hold: others are queued and counted', async () => {
    const sink = new KeepingSink();
    const { understudy, model } = modelOf([sink], { sinkQueue: { maxEvents: 2, flushMs: 10, backoffMs: 0 } });
    const calls = [1, 2, 3].map((input) => model.predict(input));
    expect(await calls[2]).toMatchObject({ output: 6 });
    expect([sink.asked.length, understudy.status().sinks[0]?.unacknowledged]).toEqual([2, 1]);
    sink.keepAll();
    await Promise.all(calls);
  });

  it('that hangs ends close() all the same, and what it kept not is counted as lost', async () => {
    const sink = new KeepingSink();
    const { understudy, model } = modelOf([sink]);
    const call = model.predict(21, { deadlineMs: Infinity });
    await turn();
    const closed = understudy.close({ timeoutMs: 300 }).catch((error: unknown) => error);
    for (let step = 0; step < 10; step++) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      await clock.advance(100);
      // oxlint-disable-next-line no-await-in-loop -- in order
      await turn();
    }
    await closed;
    expect(await stateOf(call)).toBe('resolved');
    expect(understudy.status().sinks).toMatchObject([{ queued: 0, delivered: 0, lost: { 'closed/routine': 1 } }]);
    sink.keepAll();
    await turn();
    expect(understudy.status().sinks).toMatchObject([{ delivered: 0 }]);
  });

  it('keeps decisions alone: an outcome is queued', async () => {
    const sink = new KeepingSink();
    const { understudy, model } = modelOf([sink]);
    const call = model.predict(21);
    await turn();
    sink.keepAll();
    const { id } = await call;
    await model.recordOutcome(id, { truth: 42 });
    await understudy.flush();
    expect([sink.asked.map(({ type }) => type), sink.written.map(({ type }) => type)]).toEqual([['decision'], ['outcome']]);
  });
});
