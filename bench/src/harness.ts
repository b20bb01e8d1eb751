import { do_not_optimize } from 'mitata';
import { shuffled } from './statistics.ts';

/** One thing to measure. */
export interface Case {
  /** Makes so many calls; its time over that number is the sample. */
  readonly batch: (calls: number) => Promise<void> | void;
  /** Calls in a batch. @defaultValue as many as last about `BATCH_MS` */
  readonly calls?: number;
  /** Clears up after a batch, outside of its time. */
  readonly after?: () => Promise<void>;
}

/** How hard to measure. */
export interface Effort {
  readonly rounds: number;
  /** Uniform in [0, 1): the order of the cases in each round. */
  readonly random: () => number;
  /** Told of the share of the work that is done, 0–1. */
  readonly progress: (share: number) => void;
}

const BATCH_MS = 2;
const MAX_CALLS = 20_000;
const WARM_UPS = 12;

/** One call after another, each awaited. */
export function inTurn(call: () => unknown): Case {
  return {
    batch: async (calls) => {
      for (let index = 0; index < calls; index++) await call();
    },
  };
}

/** `inFlight` calls started together, then as many again until there were `calls`. */
export function atOnce(call: () => Promise<unknown>, inFlight: number, calls: number): Case {
  return {
    calls,
    batch: async () => {
      for (let done = 0; done < calls; done += inFlight) {
        const pending = new Array<Promise<unknown>>(inFlight);
        for (let index = 0; index < inFlight; index++) pending[index] = call();
        await Promise.all(pending);
      }
    },
  };
}

/** Calls without a promise; what they return is used, so that none is optimised away. */
export function synchronously(call: () => unknown): Case {
  return {
    batch: (calls) => {
      for (let index = 0; index < calls; index++) do_not_optimize(call());
    },
  };
}

/** Lets timers, immediates and finalizers run. */
export const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Nanoseconds for each call of each case, by round: every round runs every case once, in a fresh random order. */
export async function measure<N extends string>(
  cases: Readonly<Record<N, Case>>,
  { rounds, random, progress }: Effort,
): Promise<Record<N, number[]>> {
  const entries = Object.entries(cases) as [N, Case][];
  const samples = {} as Record<N, number[]>;
  for (const [name] of entries) samples[name] = [];
  const calls = new Map(entries.map(([name, one]) => [name, one.calls ?? 100]));
  for (let round = -WARM_UPS; round < rounds; round++) {
    for (const [name, one] of shuffled(entries, random)) {
      await turn();
      const count = calls.get(name) ?? 1;
      const start = performance.now();
      const ending = one.batch(count);
      if (ending !== undefined) await ending;
      const perCall = ((performance.now() - start) * 1e6) / count;
      await one.after?.();
      if (round >= 0) samples[name].push(perCall);
      else if (one.calls === undefined) calls.set(name, Math.max(1, Math.min(MAX_CALLS, Math.round((BATCH_MS * 1e6) / perCall))));
    }
    progress((round + WARM_UPS + 1) / (rounds + WARM_UPS));
  }
  return samples;
}
