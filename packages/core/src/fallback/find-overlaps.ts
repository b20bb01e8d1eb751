import { intersection, meets } from './box.ts';
import type { ReadRow } from './read-table.ts';
import type { RuleCheck, RuleFinding, RuleFindings } from './rule-finding.ts';
import { describeBox, findPoint, witnessAt } from './rule-space.ts';

/** For each declarative row the indexes of the earlier ones that it meets. */
export type Meetings = readonly (readonly number[])[];

/** `undefined` where comparing all pairs would cost more than the budget has. */
export function findMeetings({ space: { placed }, budget }: RuleCheck): Meetings | undefined {
  budget.left -= (placed.length * (placed.length - 1)) / 2;
  if (budget.left < 0) return undefined;
  return placed.map(({ box }, index) => {
    const earlier: number[] = [];
    for (let other = 0; other < index; other++) if (meets(box, placed[other]?.box ?? [])) earlier.push(other);
    return earlier;
  });
}

/** Pairs of rows that match the same inputs, where the hit policy or different outputs make that matter. */
export function findOverlaps({ table, contract, space, budget, limit }: RuleCheck, meetings: Meetings): RuleFindings {
  const findings: RuleFinding[] = [];
  const outputs = space.placed.map(({ row }) => outputKey(row));
  const unique = table.hitPolicy === 'unique';
  for (const [index, earlier] of meetings.entries()) {
    for (const other of table.hitPolicy === 'collect' ? [] : earlier) {
      const [a, b] = [space.placed[other], space.placed[index]];
      if (a === undefined || b === undefined || (!unique && outputs[other] === outputs[index])) continue;
      const both = intersection(a.box, b.box);
      const point = findPoint(space, both, [], budget);
      if (point === 'undecided') return { findings, truncated: undefined, unseen: { what: 'all overlaps', rows: [] } };
      if (point === undefined) continue;
      if (findings.length === limit) return { findings, truncated: 'overlap', unseen: undefined };
      const consequence = unique ? 'so neither answers' : `with different outputs, and ${a.row.id} answers`;
      findings.push({
        kind: 'overlap',
        severity: unique ? 'error' : 'info',
        rows: [a.row.id, b.row.id],
        message: `rows ${a.row.id} and ${b.row.id} both match, ${consequence}: ${describeBox(space, both)}`,
        witness: witnessAt(space, point, contract),
      });
    }
  }
  return { findings, truncated: undefined, unseen: undefined };
}

/** Equal for two rows only if they give equal outputs. */
function outputKey({ then, id }: ReadRow): unknown {
  if (typeof then === 'function') return then;
  return then.shared ? textOf(then.read()) : { id };
}

/** Plain data as a text that does not depend on the order of keys. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${textOf(inner)}`);
  return `{${entries.sort().join()}}`;
}
