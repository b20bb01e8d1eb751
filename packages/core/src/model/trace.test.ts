import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { http } from '../adapters/http.ts';
import { pool } from '../policies/pool.ts';
import { hedge } from '../policies/hedge.ts';
import { microBatch } from '../policies/micro-batch.ts';
import type { DecisionEvent } from '../events/event.ts';
import { createUnderstudy } from '../runtime/create-understudy.ts';
import type { UnderstudyOptions } from '../runtime/understudy-options.ts';
import type { Predictor, TraceContext } from '../types/index.ts';

const trace = (digit: string): TraceContext => ({
  traceparent: `00-${digit.repeat(32)}-${digit.repeat(16)}-01`,
  tracestate: 'a=1',
});
const ids = (digit: string): object => ({ traceId: digit.repeat(32), spanId: digit.repeat(16), sampled: true });
const contract = { input: z.object({ n: z.number() }), output: z.object({ score: z.number() }) };

/** A model, the traces that its predictor saw, and those of its events. */
function setUp(options: UnderstudyOptions = {}) {
  const understudy = createUnderstudy(options);
  const seen: (TraceContext | undefined)[] = [];
  const events: DecisionEvent[] = [];
  understudy.on('decision', (event) => events.push(event));
  const predictor: Predictor<{ n: number }, { score: number }> = ({ n }, call) => {
    seen.push(call.trace);
    return { score: n };
  };
  const model = understudy.defineModel(
    { name: 'm', ...contract },
    { variants: { v1: { predictor, version: '1' } }, champion: 'v1' },
  );
  return { understudy, model, seen, events };
}

describe('the trace of a call', () => {
  it('is given to its predictor, and its ids to its event', async () => {
    const { model, seen, events } = setUp();
    await model.predict({ n: 1 }, { trace: trace('a') });
    await model.predict({ n: 1 });
    expect(seen).toEqual([trace('a'), undefined]);
    expect(events.map((event) => event.trace)).toEqual([ids('a'), undefined]);
    expect(events[1]).not.toHaveProperty('trace');
  });

  it('that is malformed is an invalid option', async () => {
    const { model } = setUp();
    for (const wrong of [{}, { traceparent: 'nonsense' }, { ...trace('a'), tracestate: 'A' }, 'text'])
      // oxlint-disable-next-line no-await-in-loop
      await expect(model.predict({ n: 1 }, { trace: wrong as never })).rejects.toMatchObject({
        code: 'INPUT_INVALID',
        message: expect.stringContaining('options.trace: expected { traceparent, tracestate } of W3C Trace Context') as string,
      });
  });

  it('is inherited by a nested one, which may have one of its own', async () => {
    const { understudy, model: inner, events } = setUp();
    const outer = understudy.defineModel(
      { name: 'outer', ...contract },
      {
        variants: {
          v1: {
            version: '1',
            predictor: async (input, call) => {
              await inner.predict(input, { within: call });
              return (await inner.predict(input, { within: call, trace: trace('b') })).output;
            },
          },
        },
        champion: 'v1',
      },
    );
    await outer.predict({ n: 1 }, { trace: trace('a') });
    expect(events.map((event) => event.trace)).toEqual([ids('a'), ids('b'), ids('a')]);
  });

  it('comes from the runtime where the call says none; what fails there changes no call', async () => {
    let active: () => TraceContext | undefined = () => trace('c');
    const { model, seen } = setUp({ traceContext: () => active() });
    await model.predict({ n: 1 });
    await model.predict({ n: 1 }, { trace: trace('a') });
    active = () => undefined;
    await model.predict({ n: 1 });
    active = () => ({ traceparent: 'nonsense' });
    await model.predict({ n: 1 });
    active = () => {
      throw new Error('no');
    };
    await model.predict({ n: 1 });
    expect(seen).toEqual([trace('c'), trace('a'), undefined, undefined, undefined]);
    expect(model.status().callbacks?.['traceContext']).toEqual({ count: 2, last: 'no' });
  });
});

describe('adapters over HTTP', () => {
  const answering =
    (requests: Headers[]): typeof fetch =>
    async (input, init) => {
      requests.push(new Request(input, init).headers);
      return Response.json({ score: 1 });
    };

  it('send it through every policy that stands between: hedges, batches, pools', async () => {
    const sent: Headers[] = [];
    const ask = (): Predictor<{ n: number }, Promise<{ score: number }>> =>
      http<{ n: number }, { score: number }>({
        url: 'https://models.example/m',
        fetch: answering(sent),
        parse: () => ({ score: 1 }),
      });
    const understudy = createUnderstudy();
    const batched = Object.assign(ask(), {
      predictBatch: async (inputs: readonly { n: number }[], call: Parameters<ReturnType<typeof ask>>[1]) => {
        const one = await ask()({ n: 0 }, call);
        return inputs.map(() => one);
      },
    });
    const model = understudy.defineModel(
      { name: 'm', ...contract },
      {
        variants: {
          plain: { predictor: ask(), version: '1' },
          hedged: { predictor: ask(), version: '1', policies: [hedge({ delayMs: 1000 })] },
          batched: { predictor: batched, version: '1', policies: [microBatch({ maxWaitMs: 0 })] },
          pooled: { predictor: pool([ask(), ask()]), version: '1' },
        },
        champion: 'plain',
      },
    );
    for (const force of ['plain', 'hedged', 'batched', 'pooled'] as const)
      // oxlint-disable-next-line no-await-in-loop
      await model.predict({ n: 1 }, { force, trace: trace('a') });
    expect(sent.map((headers) => [headers.get('traceparent'), headers.get('tracestate')])).toEqual(
      Array.from({ length: 4 }, () => [trace('a').traceparent, 'a=1']),
    );
    await understudy.close();
  });
});
