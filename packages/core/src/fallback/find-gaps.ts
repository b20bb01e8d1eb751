import { type Box, grow } from './box.ts';
import type { RuleCheck, RuleFinding, RuleFindings } from './rule-finding.ts';
import { describeBox, findPoint, witnessAt } from './rule-space.ts';

/**
 * Inputs that no row matches: each finding is a largest box of them. A row that decides by function may match there, so with
 * such rows nothing is a gap for certain.
 */
export function findGaps({ contract, space, budget, limit }: RuleCheck): RuleFindings {
  const findings: RuleFinding[] = [];
  const rows = space.placed.map(({ box }) => box);
  const functions = space.functions.map((row) => row.id);
  const kind = functions.length === 0 ? 'gap' : 'undecided';
  const seen: Box[] = [];
  for (;;) {
    const point = findPoint(space, [], [...rows, ...seen], budget);
    if (point === 'undecided') return { findings, truncated: undefined, unseen: { what: 'all gaps', rows: [] } };
    if (point === undefined) return { findings, truncated: undefined, unseen: undefined };
    if (findings.length === limit) return { findings, truncated: kind, unseen: undefined };
    const gap = grow(point, space.sizes, rows);
    seen.push(gap);
    const where = describeBox(space, gap);
    const witness = witnessAt(space, point, contract);
    findings.push(
      kind === 'gap'
        ? { kind, severity: 'warning', rows: [], message: `no row matches, and there is no otherwise: ${where}`, witness }
        : { kind, severity: 'info', rows: functions, message: `no row but a function may match: ${where}`, witness },
    );
  }
}
