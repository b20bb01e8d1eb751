import { PHASE_HEADER, phaseRow } from './phase-row.ts';
import { summariseRecord } from './summary.ts';
import type { View } from './view.ts';

/** A line a phase, for logs and pipes. */
export function plainView(): View {
  return {
    begin: () => console.log(PHASE_HEADER.join('\n')),
    settled: (record) => console.log(phaseRow(' ', summariseRecord(record))),
    end: () => undefined,
  };
}
