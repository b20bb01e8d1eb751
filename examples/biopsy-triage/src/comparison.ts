import { count, milliseconds, percent } from './numbers.ts';
import type { RunSummary, Summary } from './summary.ts';

/** A part of the run as both callers saw it, ready to be written into a table. */
export interface Comparison {
  /** The name of a phase, or `whole run`. */
  readonly part: string;
  readonly calls: string;
  /** Answered; right of all and of answered; median and 99th percentile; answered by the model and by the rules. */
  readonly bare: readonly string[];
  readonly understudy: readonly string[];
}

/** Every phase, and at last the whole run. */
export function comparisons({ phases, all }: RunSummary): Comparison[] {
  return [...phases.map(({ phase, bare, understudy }) => ({ part: phase, bare, understudy })), { part: 'whole run', ...all }].map(
    ({ part, bare, understudy }) => ({ part, calls: count(bare.calls), bare: cellsOf(bare), understudy: cellsOf(understudy) }),
  );
}

function cellsOf({ calls, answered, right, byModel, byRules, p50, p99 }: Summary): string[] {
  return [
    percent(answered, calls),
    percent(right, calls),
    percent(right, answered),
    milliseconds(p50),
    milliseconds(p99),
    count(byModel),
    count(byRules),
  ];
}
