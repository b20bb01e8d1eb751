/** Five ways through the library, each ready to go: what a reader of the code follows most often. */
import { createUnderstudy, memoryStore, rules } from '@understudy/core';
import { liveMetric } from '@understudy/core/monitors';
import { errorRate } from '@understudy/core/rollout';
import { fakeSink, seededRandom, VirtualClock } from '@understudy/core/testing';
import * as z from 'zod';

/** One trip that is about to begin. */
interface Ready {
  readonly run: () => Promise<unknown>;
  readonly finish?: () => Promise<void>;
}

export interface Trip {
  readonly name: string;
  /** Everything is loaded, and calls were made before. */
  readonly prepare: () => Promise<Ready>;
}

const contract = {
  name: 'loan',
  input: z.object({ income: z.number() }),
  output: z.object({ risk: z.number() }),
  target: { kind: 'probability', field: 'risk' },
} as const;

const table = rules<{ readonly income: number }, { readonly risk: number }>({
  version: '1',
  name: 'by hand',
  rows: [],
  otherwise: { risk: 0.5 },
});
const variant = (version: string) => ({ predictor: () => ({ risk: 0.9 }), version });
const CALLS = 40;

/** A model in a runtime with one sink, after some calls and outcomes. */
async function made(more: { readonly rollout?: boolean; readonly monitor?: boolean }) {
  const clock = new VirtualClock();
  const sink = fakeSink();
  const understudy = createUnderstudy({
    clock,
    random: seededRandom(1),
    sinks: [sink],
    store: memoryStore({ acceptLoss: true }),
  });
  const accuracy = liveMetric({
    metric: 'accuracy',
    window: 20,
    minCases: 20,
    breachBelow: 0.9,
    confirmations: 1,
    onBreach: ['pause'],
  });
  const model = understudy.defineModel(contract, {
    variants: { v1: variant('1'), v2: variant('2') },
    champion: 'v1',
    fallback: [table],
    ...(more.rollout === true ? { rollout: { challenger: 'v2', gates: [errorRate({ maxRatio: 1.5 })] } } : {}),
    ...(more.monitor === true ? { monitors: [accuracy] } : {}),
  });
  await understudy.ready();
  const call = (at: number): Promise<{ readonly id: string }> => model.predict({ income: at }, { unit: `u${at}` });
  for (let at = 0; at < CALLS; at++) {
    const { id } = await call(at);
    await model.recordOutcome(id, { truth: { risk: 1 } });
    await clock.advance(100);
  }
  await clock.advance(5000);
  return { clock, sink, understudy, model, call, finish: () => understudy.close() };
}

export const trips: readonly Trip[] = [
  {
    name: 'predict, with one sink',
    prepare: async () => {
      const { call, finish } = await made({});
      return { run: () => call(CALLS), finish };
    },
  },
  {
    name: 'predict, with a rollout',
    prepare: async () => {
      const { call, finish } = await made({ rollout: true });
      return { run: () => call(CALLS), finish };
    },
  },
  {
    name: 'an outcome, with a monitor',
    prepare: async () => {
      const { model, call, finish } = await made({ monitor: true });
      const { id } = await call(CALLS);
      return { run: () => model.recordOutcome(id, { truth: { risk: 1 } }), finish };
    },
  },
  {
    name: 'a breach, to a pause',
    prepare: async () => {
      const { clock, model, call, finish } = await made({ monitor: true });
      for (let at = 0; at < CALLS; at++) {
        const { id } = await call(CALLS + at);
        await model.recordOutcome(id, { truth: { risk: 0 } });
      }
      const run = async (): Promise<void> => {
        await clock.advance(3000);
        if (!model.status().control.paused) throw new Error('The breach did not pause the model.');
      };
      return { run, finish };
    },
  },
  {
    name: 'an event, to a sink',
    prepare: async () => {
      const { clock, sink, call, finish } = await made({});
      await call(CALLS);
      const before = sink.events.length;
      const run = async (): Promise<void> => {
        await clock.advance(10_000);
        if (sink.events.length === before) throw new Error('The sink was given nothing.');
      };
      return { run, finish };
    },
  },
];
