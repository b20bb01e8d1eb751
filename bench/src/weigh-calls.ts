/**
 * Weighs what calls leave behind, in a process of its own: `node --expose-gc weigh-calls.ts <calls>` prints, for each way of calling, the
 * heap before and after so many calls, in MB. As many come first. The platform keeps tables of composite signals and of timers, which
 * grow and shrink by 4 to 16 MB at a time, whoever listens to them: so each figure is the least of four, with a quarter of the calls between.
 */
import { createUnderstudy, defineModel } from '@understudy/core';
import { compose, retry, timeout } from '@understudy/core/policies';
import { threeFields } from './contracts.ts';
import { turn } from './harness.ts';

export interface CallWeight {
  readonly what: string;
  readonly calls: number;
  readonly beforeMb: number;
  readonly afterMb: number;
}

/** Calls between two turns of the event loop, in which the platform frees what has ended. */
const BATCH = 1000;
const PARTS = 4;
if (globalThis.gc === undefined) throw new Error('Memory is measured with node --expose-gc.');
const calls = Number(process.argv[2]);
const input = { radius: 15, texture: 20, site: 'left' } as never;
const raw = { malignant: 0.5 } as never;
const longLived = new AbortController();
const understudy = createUnderstudy();
const plain = understudy.defineModel(
  { name: 'plain', ...threeFields },
  { variants: { v1: { predictor: () => raw, version: '1' } }, champion: 'v1' },
);
const listening = defineModel(
  { name: 'listening', ...threeFields },
  {
    variants: { v1: { predictor: async (_, call) => (call.signal.aborted ? raw : raw), version: '1' } },
    champion: 'v1',
    policies: [timeout({ ms: 60_000 })],
  },
);
const outer = defineModel(
  { name: 'outer', ...threeFields },
  {
    variants: {
      v1: {
        predictor: async (given, call) => {
          await listening.predict(given, { within: call, signal: longLived.signal });
          return raw;
        },
        version: '1',
      },
    },
    champion: 'v1',
  },
);
const retried = compose(retry({ attempts: 2, baseMs: 0, budgetShare: 1, budgetMin: 10 }), timeout({ ms: 60_000 }));
let tries = 0;

const composite = (): AbortSignal => AbortSignal.any([longLived.signal, new AbortController().signal]);
const hour = (): AbortSignal => AbortSignal.timeout(3_600_000);
/** A way of calling, and the signals that it is given. */
interface Way {
  readonly call: (signal: AbortSignal) => Promise<unknown>;
  readonly signal?: () => AbortSignal;
}
const ways: Readonly<Record<string, Way>> = {
  'predict with AbortSignal.any([shutdown, request])': {
    signal: composite,
    call: (signal) => listening.predict(input, { signal }),
  },
  'predict with AbortSignal.timeout of an hour': { signal: hour, call: (signal) => listening.predict(input, { signal }) },
  'predict within another call, with a long-lived signal': { call: (signal) => outer.predict(input, { signal }) },
  'compose with a retry each, and a long-lived signal': {
    call: (signal) =>
      retried(
        async (call) => {
          if (tries++ % 2 === 0 || call.signal.aborted) throw new Error('again');
        },
        { signal },
      ),
  },
  'predict, nothing else': { call: () => plain.predict(input) },
};

async function heapMb(): Promise<number> {
  for (let pass = 0; pass < 10; pass++) {
    globalThis.gc?.();
    await turn();
  }
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Makes the calls. Returns the least heap between them, in MB. */
async function run(call: (signal: AbortSignal) => Promise<unknown>, signalOf: () => AbortSignal): Promise<number> {
  let least = Infinity;
  for (let part = 0; part < PARTS; part++) {
    for (let done = 0; done < calls / PARTS; done += BATCH) {
      for (let index = 0; index < BATCH; index++) await call(signalOf());
      await turn();
    }
    least = Math.min(least, await heapMb());
  }
  return least;
}

const weights: CallWeight[] = [];
for (const [what, { call, signal = () => longLived.signal }] of Object.entries(ways)) {
  const beforeMb = await run(call, signal);
  weights.push({ what, calls, beforeMb, afterMb: await run(call, signal) });
}
console.log(JSON.stringify(weights));
