import { count, duration, figure, interval, NONE } from '../figures.ts';
import type { Html } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { statusChip } from '../page/status-chip.ts';
import { table } from '../page/table.ts';
import type { SeriesPoint } from '../report-data.ts';
import { chartFigure } from './chart-figure.ts';
import { type Line, lineChart, lineChartHeight, type LineOptions } from './line-chart.ts';
import { backdropLegend, including, type TimeSpan } from './time-span.ts';

export interface LineFigure extends LineOptions {
  readonly title: string;
  /** All with the same times. */
  readonly lines: readonly Line[];
  readonly legend: string;
  /** Points that were left out before these. */
  readonly omitted?: number;
}

/** A chart of lines over time, and a table of what its points know. */
export function lineFigure(chart: LineFigure, span: TimeSpan, page: PageFormat): Html {
  const { title, lines, legend, omitted = 0, format = figure, binMs } = chart;
  const points = lines[0]?.points ?? [];
  const has = (known: (point: SeriesPoint) => boolean): boolean => points.some(known);
  const optional = [
    [has((point) => point.interval !== null), '95 % interval', (point: SeriesPoint) => interval(point.interval, format)],
    [has(({ limit }) => limit !== null), 'limit', ({ limit }: SeriesPoint) => (limit === null ? NONE : format(limit))],
    [has(({ n }) => n > 0), 'cases', ({ n }: SeriesPoint) => count(n)],
    [has(({ status }) => status !== 'ok'), 'status', ({ status }: SeriesPoint) => statusChip(status)],
  ] as const;
  const columns = optional.filter(([wanted]) => wanted);
  const told = points.flatMap((point, index) => {
    // A gap is no row.
    if (point.n === 0 && point.value === null) return [];
    const values = lines.map(({ points: own }) => own[index]?.value ?? null);
    return [
      [
        page.timeCell(point.at - (binMs ?? 0) / 2),
        ...values.map((value) => (value === null ? NONE : format(value))),
        ...columns.map(([, , cell]) => cell(point)),
      ],
    ];
  });
  const ranges = lines.map(({ name, points: own }) => {
    const values = own.flatMap(({ value }) => value ?? []);
    const [first = 0, last = first] = [values[0], values.at(-1)];
    return `${name === '' ? '' : `${name} `}from ${format(first)} to ${format(last)}, between ${format(Math.min(...values))} and ${format(Math.max(...values))}`;
  });
  const wide = including(
    span,
    points.map(({ at }) => at),
  );
  const every = binMs === undefined ? '' : `, in ${duration(binMs)}`;
  return chartFigure(
    {
      title,
      description: `${page.clip(ranges.join('; '), 300)}; ${told.length} points.`,
      height: lineChartHeight(chart),
      drawing: lineChart(lines, wide, page, chart),
      legend: `${legend}${backdropLegend(span)}`,
      table: table(
        `${title}${every}`,
        [binMs === undefined ? 'at' : 'from', ...lines.map(({ name }) => name || 'value'), ...columns.map(([, head]) => head)],
        told,
        page,
        omitted,
      ),
    },
    page,
  );
}
