import type { ContractView } from '../types/index.ts';
import type { Budget } from './cover.ts';
import type { ReadTable } from './read-table.ts';
import type { RuleSpace } from './rule-space.ts';

/**
 * - `type-error`: a condition or an output does not fit the contract
 * - `gap`: inputs that no row matches, in a table without `otherwise`
 * - `unreachable`: a row that never answers
 * - `overlap`: two rows match the same inputs: an error under `unique`, normal under `collect`; under `first` and `priority`
 *   worth knowing where their outputs differ, and listed only then
 * - `undecided`: what rows that decide by function leave open, or what the budget did not reach
 */
export type RuleFindingKind = 'type-error' | 'gap' | 'unreachable' | 'overlap' | 'undecided';

export interface RuleFinding {
  readonly kind: RuleFindingKind;
  readonly severity: 'error' | 'warning' | 'info';
  /** Ids of the rows that it is about, the one to look at first; none for a gap. */
  readonly rows: readonly string[];
  readonly message: string;
  /** An input that shows it: no row matches it, both rows match it, the unreachable row matches it in vain. */
  readonly witness?: Readonly<Record<string, unknown>>;
}

/** What the parts of a check are given. */
export interface RuleCheck {
  readonly table: ReadTable;
  readonly contract: ContractView;
  readonly space: RuleSpace;
  readonly budget: Budget;
  /** How many findings of one kind are listed. */
  readonly limit: number;
}

/** What a part of a check found. */
export interface RuleFindings {
  readonly findings: readonly RuleFinding[];
  /** The kind of which there are more than the limit allows. */
  readonly truncated: RuleFindingKind | undefined;
  /** What it could not look at before the budget ran out; `undefined` if nothing is left. */
  readonly unseen: { readonly what: string; readonly rows: readonly string[] } | undefined;
}
