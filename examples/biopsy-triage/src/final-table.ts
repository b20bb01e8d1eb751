import { comparisons } from './comparison.ts';
import { paint } from './paint.ts';
import type { RunSummary } from './summary.ts';

const HEADER = [
  ['phase', 'calls', '', 'answered', 'right', 'right of', 'p50', 'p99', 'from', 'from'],
  ['', '', '', '', 'of all', 'answered', 'ms', 'ms', 'model', 'rules'],
].map((cells) => paint('dim', line(...cells)));
const RULE = paint('dim', ` ${'─'.repeat(79)}`);

/** The table at the end, 80 characters wide: every phase, and the whole run, bare and with Understudy. */
export function finalTable(summary: RunSummary): string {
  const rows = comparisons(summary).map(({ part, calls, bare, understudy }) =>
    [line(part, calls, 'bare', ...bare), paint('bold', line('', '', 'Understudy', ...understudy))].join('\n'),
  );
  return [...HEADER, RULE, ...rows.slice(0, -1), RULE, ...rows.slice(-1), RULE].join('\n');
}

function line(phase = '', calls = '', caller = '', ...numbers: readonly string[]): string {
  const widths = [8, 8, 10, 6, 6, 7, 7];
  const cells = numbers.map((cell, index) => cell.padStart(widths[index] ?? 0));
  return ` ${phase.padEnd(9)}${calls.padStart(6)}  ${caller.padEnd(10)}${cells.join('')}`;
}
