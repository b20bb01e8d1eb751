/**
 * One process of an app: a model with a rollout on a shared store. Its parent calls it by IPC as callers would by HTTP, and hears
 * of its transitions; it ends when its parent does.
 */
import { setTimeout } from 'node:timers/promises';
import { always, type ControlNote, createUnderstudy, type StateStore } from '@understudy/core';
import { liveMetric } from '@understudy/core/monitors';
import { errorRate, kpi, quality } from '@understudy/core/rollout';
import { postgresStore } from '@understudy/node/postgres';
import { redisStore } from '@understudy/node/redis';
import { hmacSigner } from '@understudy/node/signing';
import * as z from 'zod';
import { fails } from './failing.ts';

export interface AppOptions {
  readonly model: string;
  readonly store: { readonly kind: 'redis' | 'postgres'; readonly url: string };
  readonly key: string;
  readonly gate: 'errors' | 'kpi' | 'truths';
  readonly canaryShares: readonly number[];
  readonly bakeMs: number;
  /** Failures per call of champion and challenger: the same units fail in every process. */
  readonly failing: readonly [number, number];
  /** The variant beside v1. @defaultValue 'v2' */
  readonly challenger?: 'v2' | 'v3';
  /** Whether this is the release after next: it writes control documents of format 3, and reads those of format 2. @defaultValue false */
  readonly writesFormat3?: boolean;
}

/** A call, as its caller sees it. */
export interface Seen {
  readonly unit: string;
  /** The version of the control document that the process knew when the call came. */
  readonly version: number;
  readonly assigned: string;
  readonly tier: string;
  readonly id: string;
  readonly ms: number;
  readonly error: string | null;
}

const PREDICT_MS = 5;
const options = JSON.parse(process.argv[2] ?? '{}') as AppOptions;
const { kind, url } = options.store;
const challenger = options.challenger ?? 'v2';

/** What a later release does to control documents: another format, and a part that this one does not know. */
function inFormat3(store: StateStore): StateStore {
  const isControl = (key: string): boolean => key.startsWith('model/');
  return {
    name: store.name,
    volatile: store.volatile,
    read: async (key) => {
      const { version, value } = await store.read(key);
      const read = isControl(key) && isRecord(value) && value['v'] === 3 ? { ...value, v: 2 } : value;
      return { version, value: read };
    },
    compareAndSet: (key, version, value) =>
      store.compareAndSet(key, version, isControl(key) ? { ...(value as object), v: 3, quotas: { v3: 1 } } : value),
    mergeCounters: (...given) => store.mergeCounters(...given),
    readCounters: (...given) => store.readCounters(...given),
    claim: (...given) => store.claim(...given),
    forget: (...given) => store.forget(...given),
    close: () => store.close?.(),
  };
}
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const shared = kind === 'redis' ? redisStore({ url }) : postgresStore({ connectionString: url });
const understudy = createUnderstudy({
  store: options.writesFormat3 === true ? inFormat3(shared) : shared,
  signer: hmacSigner(options.key),
  refreshMs: 100,
});

const right = (output: { readonly y: number }, truth: { readonly y: number }): number => Number(output.y === truth.y);
const gates = {
  errors: () => errorRate({ maxRatio: 2, negligibleRate: 0 }),
  kpi: () => kpi('minutes', { maxLoss: 10, range: [0, 100] }),
  truths: () =>
    quality<unknown, { y: number }, { y: number }>({
      score: ({ output }, truth) => right(output, truth),
      maxLoss: 0.9,
      range: [0, 1],
    }),
};

const variant = (name: string, y: number, rate: number) => ({
  version: '1',
  predictor: async ({ unit }: { unit: string }) => {
    await setTimeout(PREDICT_MS);
    if (fails(name, unit, rate)) throw new Error(`${name} failed`);
    return { y };
  },
});

const model = understudy.defineModel(
  {
    name: options.model,
    input: z.object({ unit: z.string() }),
    output: z.object({ y: z.number() }),
    kpis: { minutes: { better: 'lower' } },
  },
  {
    variants: { v1: variant('v1', 1, options.failing[0]), [challenger]: variant(challenger, 2, options.failing[1]) },
    champion: 'v1',
    fallback: [always({ y: 0 })],
    rollout: {
      challenger,
      canaryShares: options.canaryShares,
      bakeMs: options.bakeMs,
      gates: [gates[options.gate]()],
    },
    outcomes: { sharing: options.gate === 'truths' },
    monitors:
      options.gate === 'truths'
        ? [liveMetric({ metric: { name: 'right', score: right, range: [0, 1], better: 'higher' }, breachBelow: 0.1 })]
        : [],
  },
);
understudy.on('rollout-changed', (event) => process.send?.({ event }));

async function call(unit: string): Promise<Seen> {
  const { version } = model.status().control;
  const started = performance.now();
  const seen = { unit, version, assigned: '', tier: '', id: '', error: null };
  try {
    const { assigned, servedBy, id } = await model.predict({ unit }, { unit });
    return { ...seen, assigned, tier: servedBy.tier, id, ms: performance.now() - started };
  } catch (error) {
    return { ...seen, error: String(error), ms: performance.now() - started };
  }
}

const { rollout, pin, unpin, pause, resume } = model.control;
const commands = {
  pin: (note: ControlNote) => pin(challenger, note),
  pinChampion: (note: ControlNote) => pin('v1', note),
  unpin,
  pause,
  resume,
  promote: (note: ControlNote) => rollout.promote(note),
};

/** What the parent may ask. */
const asked = {
  call: (units: readonly string[]) => Promise.all(units.map(call)),
  status: () => model.status(),
  /** A digit for each of the units 0 to count − 1: 1 where it is the challenger's. */
  assignments: (count: number) =>
    Array.from({ length: count }, (_, unit) => (model.assignmentOf(`${unit}`).variant === challenger ? '1' : '0')).join(''),
  outcomes: (list: readonly { readonly id: string; readonly minutes: number }[]) =>
    Promise.all(list.map(({ id, minutes }) => model.recordOutcome(id, { kpi: { minutes } }))),
  truths: (list: readonly { readonly id: string; readonly y: number }[]) =>
    Promise.all(list.map(({ id, y }) => model.recordOutcome(id, { truth: { y } }))),
  command: (name: keyof typeof commands, note: ControlNote) => commands[name](note),
};
export type Asked = typeof asked;

interface Question {
  readonly number: number;
  readonly name: keyof Asked;
  readonly args: readonly never[];
}

process.on('message', ({ number, name, args }: Question) => {
  const ask = asked[name] as (...args: readonly never[]) => unknown;
  void Promise.resolve()
    .then(() => ask(...args))
    .then(
      (value) => process.send?.({ number, value }),
      (error: unknown) => process.send?.({ number, error: String(error) }),
    );
});
process.once('disconnect', () => process.exit());

await understudy.ready();
process.send?.({ ready: true });
