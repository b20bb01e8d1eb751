import type { Ending } from './calls.ts';
import type { Caller, PhaseRecord } from './recording.ts';

/** How the calls ended that arrived in one slice of the run. */
export type Slice = Readonly<Record<Ending, number>>;

/** Cuts a run of `totalMs` into `slices` equal parts. */
export function timeline(phases: readonly PhaseRecord[], caller: Caller, totalMs: number, slices: number): readonly Slice[] {
  const parts = Array.from({ length: slices }, (): Record<Ending, number> => ({ model: 0, rules: 0, impossible: 0, none: 0 }));
  for (const { calls } of phases) {
    for (const { startMs, ending } of calls[caller]) {
      const part = parts[Math.min(slices - 1, Math.floor((startMs / totalMs) * slices))];
      if (part !== undefined) part[ending]++;
    }
  }
  return parts;
}
