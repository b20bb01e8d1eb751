import type { Topic } from '../topic.ts';

/** Holds the place of what has a target and is not there yet. */
export const drift: Topic = {
  name: 'drift',
  run: () =>
    Promise.resolve([
      {
        title: 'Drift counters',
        columns: ['case', 'a call', 'target', 'met'],
        rows: [
          ['30 numeric fields', 'not built yet', '≤ 175 ns', ''],
          ['3 numeric fields', 'not built yet', '≤ 20 ns', ''],
        ],
        notes: [],
        verdicts: [],
      },
    ]),
};
