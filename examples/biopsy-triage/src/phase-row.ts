import { milliseconds, percent } from './numbers.ts';
import { paint } from './paint.ts';
import type { PhaseSummary, Summary } from './summary.ts';

const WIDTHS = [9, 12, 7, 7, 7, 7, 11, 9];
const aligned = (cells: readonly string[]): string[] => cells.map((cell, index) => cell.padStart(WIDTHS[index] ?? 0));

/** Two lines over the table of phases, 80 characters wide. */
export const PHASE_HEADER: readonly string[] = [
  ['bare', 'Understudy', 'p50', 'p99', 'from', 'from', 'circuit', 'shadow'],
  ['answered', 'answered', 'ms', 'ms', 'model', 'rules', '', 'agrees'],
].map((cells) => paint('dim', `           ${aligned(cells).join('')}`));

const CIRCUIT_STYLES = new Map([
  ['closed', 'green'],
  ['open', 'red'],
] as const);

/** A share of fewer pairs says nothing. */
const FEWEST_PAIRS = 20;

/** One line of that table. */
export function phaseRow(mark: string, { phase, bare, understudy, circuit, shadow }: PhaseSummary): string {
  const answered = ({ answered, calls }: Summary): string => percent(answered, calls);
  const share = (part: number): string => (understudy.calls === 0 ? '–' : `${Math.round((part / understudy.calls) * 100)} %`);
  const [bareCell = '', understudyCell = '', p50, p99, model = '', rules = '', circuitCell = '', shadowCell] = aligned([
    answered(bare),
    answered(understudy),
    milliseconds(understudy.p50),
    milliseconds(understudy.p99),
    share(understudy.byModel),
    share(understudy.byRules),
    circuit,
    shadow.pairs < FEWEST_PAIRS ? '–' : percent(shadow.agreements, shadow.pairs),
  ]);
  return [
    ` ${mark} ${phase.padEnd(8)}`,
    bare.answered < bare.calls * 0.95 ? paint('red', bareCell) : bareCell,
    paint(['bold', 'green'], understudyCell),
    p50,
    p99,
    paint('blue', model),
    paint('yellow', rules),
    paint(CIRCUIT_STYLES.get(circuit as 'open') ?? 'yellow', circuitCell),
    shadowCell,
  ].join('');
}
