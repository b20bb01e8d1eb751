import type { Box } from './box.ts';
import type { Meetings } from './find-overlaps.ts';
import type { ReadRow } from './read-table.ts';
import type { RuleCheck, RuleFinding, RuleFindings } from './rule-finding.ts';
import { findPoint, type PlacedRow, witnessAt } from './rule-space.ts';

/**
 * Rows that never answer: no input of the contract meets their conditions, or each that does is taken by rows that are asked
 * before (under `unique`, is matched by another row too). Rows that decide by function take nothing for certain.
 *
 * @param except ids of rows that are known to be wrong
 */
export function findUnreachable(check: RuleCheck, meetings: Meetings, except: ReadonlySet<string>): RuleFindings {
  const { contract, space, budget, limit } = check;
  const findings: RuleFinding[] = [];
  const unseen: string[] = [];
  let truncated: RuleFindings['truncated'];
  for (const { row, box, rivals } of candidates(check, meetings)) {
    if (except.has(row.id)) continue;
    const proof = new Set<Box>();
    const covers = rivals.map((rival) => rival.box);
    const free = findPoint(space, box, covers, budget, proof);
    const taken = free === undefined ? findPoint(space, box, [], budget) : undefined;
    if (free === 'undecided' || taken === 'undecided') unseen.push(row.id);
    if (free !== undefined || taken === 'undecided') continue;
    if (findings.length === limit) {
      truncated = 'unreachable';
      break;
    }
    const takers = taken === undefined ? [] : rivals.filter((rival) => proof.has(rival.box)).map((rival) => rival.row.id);
    findings.push({
      kind: 'unreachable',
      severity: 'warning',
      rows: [row.id, ...takers],
      ...(taken === undefined
        ? { message: `row ${row.id} never answers: no input of the contract meets its conditions` }
        : {
            message: `row ${row.id} never answers: all that it matches is matched by ${takers.join(', ')}`,
            witness: witnessAt(space, taken, contract),
          }),
    });
  }
  return {
    findings,
    truncated,
    unseen: unseen.length === 0 ? undefined : { what: 'whether these rows can answer', rows: unseen },
  };
}

interface Candidate extends PlacedRow {
  /** The rows that may take inputs from it. */
  readonly rivals: readonly PlacedRow[];
}

function candidates({ table, space: { placed, functions } }: RuleCheck, meetings: Meetings): readonly Candidate[] {
  const policy = table.hitPolicy;
  const rivals: number[][] = placed.map(() => []);
  for (const [index, earlier] of policy === 'collect' ? [] : meetings.entries()) {
    rivals[index]?.push(...earlier);
    if (policy === 'unique') for (const other of earlier) rivals[other]?.push(index);
  }
  const asked = new Map<ReadRow, number>(table.rows.map((row, position) => [row, position]));
  const isBefore = (row: ReadRow, other: ReadRow): boolean =>
    policy !== 'collect' && (policy === 'unique' || (asked.get(row) ?? 0) < (asked.get(other) ?? 0));
  return [
    ...placed.map((candidate, index) => ({
      ...candidate,
      rivals: (rivals[index] ?? []).flatMap((other) => placed[other] ?? []),
    })),
    // A function may match anywhere.
    ...functions.map((row) => ({ row, box: [], rivals: placed.filter((rival) => isBefore(rival.row, row)) })),
  ];
}
