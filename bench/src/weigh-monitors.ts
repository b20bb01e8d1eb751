/**
 * Weighs monitors in a process of their own, as the garbage of other benchmarks would be counted too: `node --expose-gc
 * weigh-monitors.ts <decisions>` prints what each set of monitors holds, in MB.
 */
import { createUnderstudy } from '@understudy/core';
import {
  calibration,
  type ContractReads,
  dataQuality,
  drift,
  errorStream,
  estimatedPerformance,
  fairness,
  liveMetric,
  type Monitor,
  overrides,
  type Profile,
  profileFromRows,
  serviceLevel,
} from '@understudy/core/monitors';
import { cycle, predictor, thirtyFields, wideRows } from './contracts.ts';
import { turn } from './harness.ts';

const FEW = 100_000;
const SOME = 1_000_000;

interface Model {
  predict(input: unknown): Promise<unknown>;
  close(): Promise<void>;
}
type Row = Readonly<Record<string, number>>;
/** Ten segments. */
const segmentOf = (input: Row): string => `segment ${Math.floor((input['feature0'] ?? 0) / 10)}`;

const LARGEST = 'nine monitors, four of them by ten segments, 10,000 decisions that wait for outcomes';

const sets = {
  'drift by ten segments': (reference: Profile) => [drift({ reference, segmentBy: segmentOf })],
  'drift by ten segments, data quality, service level': (reference: Profile) => [
    drift({ reference, segmentBy: segmentOf }),
    dataQuality({ reference }),
    serviceLevel(),
  ],
  [LARGEST]: (reference: Profile) => [
    drift({ reference, segmentBy: segmentOf }),
    dataQuality({ reference }),
    serviceLevel(),
    estimatedPerformance({ metric: 'accuracy', breachBelow: 0.5 }),
    liveMetric({ metric: 'accuracy', breachBelow: 0.5, segmentBy: segmentOf }),
    errorStream({}),
    calibration(),
    fairness({ groupBy: segmentOf }),
    overrides({ segmentBy: segmentOf }),
  ],
};

/** Everything that is held, typed arrays outside of the heap included. */
async function held(): Promise<number> {
  for (let pass = 0; pass < 10; pass++) {
    globalThis.gc?.();
    await turn();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export interface Weight {
  readonly what: string;
  readonly fewDecisions: number;
  readonly fewMb: number;
  readonly manyDecisions: number;
  readonly manyMb: number;
}

if (globalThis.gc === undefined) throw new Error('Memory is measured with node --expose-gc.');
const most = Number(process.argv[2]);
const contract = { name: 'bench-memory', ...thirtyFields, target: { kind: 'probability', field: 'malignant' } } as const;
const reference = await profileFromRows(
  wideRows.map((input) => ({ input, output: { malignant: 0.5 } })),
  contract,
);
const next = cycle(wideRows);

/** What a model with these monitors holds after so many decisions: what is free when it is gone. */
type BiopsyMonitor = Monitor<ContractReads<Readonly<Record<string, number>>, unknown, unknown, never>>;

async function weigh(monitors: readonly BiopsyMonitor[], decisions: number): Promise<number> {
  let model: Model | undefined = createUnderstudy({}).defineModel(contract, {
    variants: { v1: { predictor, version: '1' } },
    champion: 'v1',
    monitors,
  });
  for (let decision = 0; decision < decisions; decision++) await model.predict(next());
  const before = await held();
  await model.close();
  model = undefined;
  return (before - (await held())) / 2 ** 20;
}

/** The middle of three: now and then the engine frees something of its own meanwhile. */
async function steadily(monitors: () => readonly BiopsyMonitor[], decisions: number): Promise<number> {
  const weights: number[] = [];
  for (let time = 0; time < 3; time++) weights.push(await weigh(monitors(), decisions));
  return weights.toSorted((a, b) => a - b)[1] ?? 0;
}

const nothing = await steadily(() => [], FEW);
const weights: Weight[] = [];
for (const [what, monitors] of Object.entries(sets)) {
  const make = (): readonly BiopsyMonitor[] => monitors(reference);
  const many = what === LARGEST ? most : SOME;
  const fewMb = (await steadily(make, FEW)) - nothing;
  const manyMb = (many > SOME ? await weigh(make(), many) : await steadily(make, many)) - nothing;
  weights.push({ what, fewDecisions: FEW, fewMb, manyDecisions: many, manyMb });
}
console.log(JSON.stringify(weights));
