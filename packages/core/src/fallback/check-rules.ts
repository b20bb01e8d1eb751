import { contractView, type ContractSchemas } from '../contract/contract-view.ts';
import { count, readOptions, within } from '../errors/index.ts';
import type { ContractView } from '../types/index.ts';
import { contractProblems, type TableProblem } from './contract-problems.ts';
import { findGaps } from './find-gaps.ts';
import { findMeetings, findOverlaps } from './find-overlaps.ts';
import { findUnreachable } from './find-unreachable.ts';
import { soundTable, type UntypedTable } from './read-table.ts';
import type { RuleCheck, RuleFinding, RuleFindingKind, RuleFindings } from './rule-finding.ts';
import { ruleSpace } from './rule-space.ts';

export interface RulesReport {
  /** `false` where the budget ran out: then `undecided` findings say what was not looked at. */
  readonly complete: boolean;
  /** Type errors first, then gaps, unreachable rows, overlaps, and what is undecided. */
  readonly findings: readonly RuleFinding[];
  /** Kinds of which there are more findings than `limit`. */
  readonly truncated: readonly RuleFindingKind[];
}

export interface CheckRulesOptions {
  /**
   * How many looks may be spent; one look compares one row with one part of the input space, or with another row, and costs
   * about 0.1 µs. A table of 1,000 rows over five fields takes 0.5 to 3 million.
   * @defaultValue 5_000_000
   */
  readonly budget?: number;
  /** How many findings of one kind are listed. @defaultValue 20 */
  readonly limit?: number;
}

const CHECK = { budget: within(0, Number.MAX_VALUE), limit: count };

/**
 * Checks a decision table for type errors, gaps, unreachable rows and overlaps: exactly, by dividing the space of inputs
 * wherever a row changes its mind, not by trying samples. Numbers are doubles or integers within the range of the contract,
 * enums and booleans have their values, a text is one that a row mentions or any other, optional fields may be missing.
 *
 * Where the contract says nothing of a field (another schema library, refinements, formats) it may be anything: a witness may
 * then be an input that never arrives. Give a {@link ContractView} of your own to say more.
 *
 * @throws UnderstudyError `RULES_INVALID` for a table that `rules()` refuses.
 */
export function checkRules(
  table: UntypedTable,
  contract: ContractSchemas | ContractView,
  options: CheckRulesOptions = {},
): RulesReport {
  const { budget, limit } = readOptions('checkRules', options, CHECK, { budget: 5_000_000, limit: 20 });
  const read = soundTable(table);
  const view = 'checkOutput' in contract ? contract : contractView(contract);
  const mistakes = contractProblems(read, view);
  const space = ruleSpace(read.rows, view);
  const check = (left: number): RuleCheck => ({ table: read, contract: view, space, budget: { left }, limit });

  // A hard search for gaps must not use up what the other questions need.
  const first = check(budget / 2);
  const gaps = read.otherwise === undefined ? findGaps(first) : NOTHING;
  const second = check(budget / 2 + Math.max(0, first.budget.left));
  const meetings = findMeetings(second);
  const overlaps = meetings === undefined ? UNCOMPARED : findOverlaps(second, meetings);
  const mistyped = new Set(mistakes.flatMap(({ row, part }) => (part === 'when' ? (row ?? []) : [])));
  const unreachable = meetings === undefined ? NOTHING : findUnreachable(second, meetings, mistyped);
  const parts = [typeErrors(mistakes, limit), gaps, unreachable, overlaps];

  const unseen = parts.flatMap((part) => part.unseen ?? []);
  const findings = [
    ...parts.flatMap((part) => part.findings),
    ...unseen.map(({ what, rows }) => undecided(rows, `the budget of ${budget} looks ran out before this was known: ${what}`)),
    ...functionsNote(space.functions.map((row) => row.id)),
  ];
  return {
    complete: unseen.length === 0,
    findings: ORDER.flatMap((kind) => findings.filter((finding) => finding.kind === kind)),
    truncated: parts.flatMap((part) => part.truncated ?? []),
  };
}

const ORDER: readonly RuleFindingKind[] = ['type-error', 'gap', 'unreachable', 'overlap', 'undecided'];
const NOTHING: RuleFindings = { findings: [], truncated: undefined, unseen: undefined };
const UNCOMPARED: RuleFindings = {
  findings: [],
  truncated: undefined,
  unseen: { what: 'overlaps and unreachable rows', rows: [] },
};

function typeErrors(mistakes: readonly TableProblem[], limit: number): RuleFindings {
  const findings = mistakes.slice(0, limit).map(
    ({ path, message, row }) =>
      ({
        kind: 'type-error',
        severity: 'error',
        rows: row === undefined ? [] : [row],
        message: `${path}: ${message}`,
      }) as const,
  );
  return { ...NOTHING, findings, truncated: mistakes.length > limit ? 'type-error' : undefined };
}

function functionsNote(rows: readonly string[]): readonly RuleFinding[] {
  const message = `${rows.join(', ')}: a function decides, so it is not known what these rows overlap with or take from later ones`;
  return rows.length === 0 ? [] : [undecided(rows, message)];
}

const undecided = (rows: readonly string[], message: string): RuleFinding => ({
  kind: 'undecided',
  severity: 'info',
  rows,
  message,
});
