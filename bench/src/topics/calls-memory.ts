import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Table, type Verdict, verdictCells } from '../table.ts';
import type { Topic } from '../topic.ts';
import type { CallWeight } from '../weigh-calls.ts';

/** Heap that a million calls may leave behind, in MB. */
const TARGET_MB = 1;
const MANY = 1_000_000;
const SOME = 100_000;
const QUICK_ROUNDS = 30;
const SCRIPT = fileURLToPath(new URL('../weigh-calls.ts', import.meta.url));

/** What calls leave behind: nothing, over any number of them. */
export const callsMemory: Topic = {
  name: 'calls-memory',
  async run({ rounds }) {
    const calls = rounds < QUICK_ROUNDS ? SOME : MANY;
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, SCRIPT, String(calls)]);
    const weights = JSON.parse(stdout) as readonly CallWeight[];
    const verdicts = weights.map(({ what, beforeMb, afterMb }): Verdict => ({
      what: `${what} (MB left behind)`,
      target: TARGET_MB,
      measured: afterMb - beforeMb,
    }));
    const table: Table = {
      title: 'Heap over a million calls',
      columns: ['calls', 'before', 'after', 'target: growth', 'met'],
      rows: weights.map(({ what, beforeMb, afterMb }, index) =>
        [what, `${beforeMb.toFixed(2)} MB`, `${afterMb.toFixed(2)} MB`].concat(verdictCells(verdicts[index] as Verdict)),
      ),
      notes: [
        `${calls.toLocaleString('en-US')} calls of each kind, after as many, in a process of its own; the heap after a full collection, the least of four with a quarter of the calls between: the platform's own tables of signals and timers grow and shrink by 4 to 16 MB at a time, also where nobody calls.`,
      ],
      verdicts,
    };
    return [table];
  },
};
