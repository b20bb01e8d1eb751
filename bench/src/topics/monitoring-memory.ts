import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Table, type Verdict, verdictCells } from '../table.ts';
import type { Topic } from '../topic.ts';
import type { Weight } from '../weigh-monitors.ts';

const TARGET_MB = 4;
const MANY = 10_000_000;
/** In a quick run. */
const SOME = 1_000_000;
const QUICK_ROUNDS = 30;
const SCRIPT = fileURLToPath(new URL('../weigh-monitors.ts', import.meta.url));

const mb = (weight: number): string => `${weight.toFixed(2)} MB`;
const count = (decisions: number): string => decisions.toLocaleString('en-US');

/** What monitors keep in memory: 30 fields, windows of 24 parts, 10 segments. */
export const monitoringMemory: Topic = {
  name: 'monitoring-memory',
  async run({ rounds }) {
    const most = rounds < QUICK_ROUNDS ? SOME : MANY;
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, SCRIPT, String(most)]);
    const weights = JSON.parse(stdout) as readonly Weight[];
    const verdicts = weights.map(({ what, fewMb, manyMb }): Verdict => ({
      what: `${what} (MB)`,
      target: TARGET_MB,
      measured: Math.max(fewMb, manyMb),
    }));
    const table: Table = {
      title: 'Memory of monitors',
      columns: ['monitors', 'after', 'held', 'after', 'held', 'target', 'met'],
      rows: weights.map(({ what, fewDecisions, fewMb, manyDecisions, manyMb }, index) =>
        [what, count(fewDecisions), mb(fewMb), count(manyDecisions), mb(manyMb)].concat(verdictCells(verdicts[index] as Verdict)),
      ),
      notes: [
        'After so many decisions, in a process of its own: the heap and the typed arrays beside it after a full collection, that is free again when the model is gone, less that of a model without monitors.',
      ],
      verdicts,
    };
    return [table];
  },
};
