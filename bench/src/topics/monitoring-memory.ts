import {
  type AnyModelMonitor,
  calibration,
  createUnderstudy,
  dataQuality,
  drift,
  errorStream,
  estimatedPerformance,
  fairness,
  liveMetric,
  overrides,
  serviceLevel,
} from '@understudy/core';
import { type Profile, profileFromRows } from '@understudy/core/profiles';
import { cycle, predictor, thirtyFields, wideRows } from '../contracts.ts';
import { turn } from '../harness.ts';
import { type Table, type Verdict, verdictCells } from '../table.ts';
import type { Topic } from '../topic.ts';

const TARGET_MB = 4;
const FEW = 100_000;
const MANY = 10_000_000;
/** In a quick run. */
const SOME = 1_000_000;
const QUICK_ROUNDS = 30;

interface Model {
  predict(input: unknown): Promise<unknown>;
  close(): Promise<void>;
}
type Row = Readonly<Record<string, number>>;
/** Ten segments. */
const segmentOf = (input: Row): string => `segment ${Math.floor((input['feature0'] ?? 0) / 10)}`;

const LARGEST = 'nine monitors, four of them by ten segments, 10,000 decisions that wait for outcomes';

const sets = {
  'drift by ten segments': (reference: Profile) => [drift({ reference, by: segmentOf })],
  'drift by ten segments, data quality, service level': (reference: Profile) => [
    drift({ reference, by: segmentOf }),
    dataQuality({ reference }),
    serviceLevel(),
  ],
  [LARGEST]: (reference: Profile) => [
    drift({ reference, by: segmentOf }),
    dataQuality({ reference }),
    serviceLevel(),
    estimatedPerformance({ metric: 'accuracy', floor: 0.5 }),
    liveMetric({ metric: 'accuracy', floor: 0.5, by: segmentOf }),
    errorStream({}),
    calibration(),
    fairness({ by: segmentOf }),
    overrides({ by: segmentOf }),
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

/** What monitors keep in memory: 30 fields, windows of 24 parts, 10 segments. */
export const monitoringMemory: Topic = {
  name: 'monitoring-memory',
  async run({ rounds, progress }) {
    if (globalThis.gc === undefined) throw new Error('Memory is measured with node --expose-gc.');
    const name = 'bench-memory';
    const contract = { name, ...thirtyFields, target: { kind: 'probability', field: 'malignant' } } as const;
    const reference = await profileFromRows(
      wideRows.map((input) => ({ input, output: { malignant: 0.5 } })),
      contract,
    );
    const next = cycle(wideRows);
    const most = rounds < QUICK_ROUNDS ? SOME : MANY;
    /** What a model with these monitors holds after so many decisions: what is free when it is gone. */
    const weigh = async (monitors: readonly AnyModelMonitor[], decisions: number): Promise<number> => {
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
    };
    const nothing = await weigh([], SOME);
    const verdicts: Verdict[] = [];
    const rows: string[][] = [];
    for (const [what, monitors] of Object.entries(sets)) {
      const after = what === LARGEST ? most : SOME;
      const few = (await weigh(monitors(reference), FEW)) - nothing;
      const many = (await weigh(monitors(reference), after)) - nothing;
      const verdict = { what: `${what} (MB)`, target: TARGET_MB, measured: Math.max(few, many) };
      verdicts.push(verdict);
      rows.push([what, `${few.toFixed(2)} MB`, `${many.toFixed(2)} MB`, after.toLocaleString('en-US'), ...verdictCells(verdict)]);
      progress(rows.length / Object.keys(sets).length);
    }
    const table: Table = {
      title: 'Memory of monitors',
      columns: ['monitors', `after ${FEW.toLocaleString('en-US')} decisions`, 'after more', 'how many', 'target', 'met'],
      rows,
      notes: [
        'The heap and the typed arrays beside it after a full collection, that is free again when the model is gone, less that of a model without monitors.',
      ],
      verdicts,
    };
    return [table];
  },
};
