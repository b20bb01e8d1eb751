import type { PhaseRecord } from './recording.ts';

/** What a person sees while the demo runs. */
export interface View {
  readonly begin: () => void;
  /** Every call of a phase has ended. */
  readonly settled: (record: PhaseRecord) => void;
  readonly end: () => void;
}
