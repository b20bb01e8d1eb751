import { medianRatio, type Summary, summarise } from './statistics.ts';

/** A table of a report; cells are markdown. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** A measurement that has a target: at most `target`. */
export interface Verdict {
  readonly what: string;
  readonly target: number;
  readonly measured: number;
}

/** One row of {@link timesTable}. */
export interface TimedRow<N extends string> {
  readonly name: N;
  /** The case that the ratio is taken to. */
  readonly base: N;
  /** The highest ratio that is good. */
  readonly target?: number | undefined;
}

/** Times of one call, and ratios to other cases of the same rounds. */
export function timesTable<N extends string>(
  title: string,
  samples: Readonly<Record<N, readonly number[]>>,
  rows: readonly TimedRow<N>[],
  { ratio = '× bare', notes = [] }: { readonly ratio?: string; readonly notes?: readonly string[] } = {},
): Table {
  const verdicts: Verdict[] = [];
  const cells = rows.map(({ name, base, target }) => {
    const measured = medianRatio(samples[name], samples[base]);
    const verdict = target === undefined ? undefined : { what: `${name} (${ratio})`, target, measured };
    if (verdict !== undefined) verdicts.push(verdict);
    return [name, ...timeCells(summarise(samples[name])), measured.toFixed(2), ...verdictCells(verdict)];
  });
  return { title, columns: ['case', 'a call', 'middle half', ratio, 'target', 'met'], rows: cells, notes, verdicts };
}

/** Rows that all compare with one case, which comes first. */
export function rowsAgainst<N extends string>(
  base: N,
  names: readonly N[],
  targets: Readonly<Partial<Record<N, number>>>,
): TimedRow<N>[] {
  return [base, ...names.filter((name) => name !== base)].map((name) => ({ name, base, target: targets[name] }));
}

export function timeCells({ median, low, high }: Summary): readonly [median: string, middle: string] {
  return [time(median), `${time(low)} – ${time(high)}`];
}

/** The target and whether it was met. */
export function verdictCells(verdict: Verdict | undefined): readonly [target: string, met: string] {
  return verdict === undefined ? ['', ''] : [`≤ ${rounded(verdict.target)}`, metText(verdict)];
}

/** `✓`, or by how much the target was missed, in whole per cent rounded up. */
export function metText({ target, measured }: Verdict): string {
  return measured <= target ? '✓' : `missed by ${Math.ceil((measured / target - 1) * 100)} %`;
}

/** To three digits below 1,000, whole from there on. */
export function rounded(value: number): string {
  return value.toLocaleString('en', value < 1000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });
}

/** Nanoseconds as a person reads them, to three digits. */
export function time(ns: number): string {
  // From here on three digits would be four.
  if (ns < 999.5) return `${ns.toPrecision(3)} ns`;
  return ns < 999.5e3 ? `${(ns / 1e3).toPrecision(3)} µs` : `${(ns / 1e6).toPrecision(3)} ms`;
}

/** The table as aligned markdown, under a heading of the third level. */
export function markdown({ title, columns, rows, notes }: Table): string {
  const widths = columns.map((column, index) =>
    Math.max(...[column, ...rows.map((row) => row[index] ?? '')].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, index) => (cells[index] ?? '').padEnd(width)).join(' | ')} |`;
  const ruler = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const after = notes.length === 0 ? [] : ['', ...notes];
  return [`### ${title}`, '', line(columns), ruler, ...rows.map(line), ...after].join('\n');
}
