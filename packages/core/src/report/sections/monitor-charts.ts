import { type Bar, barChart, barChartHeight } from '../charts/bar-chart.ts';
import { type Chart, chartFigure } from '../charts/chart-figure.ts';
import { lineFigure } from '../charts/line-figure.ts';
import { RELIABILITY_CHART_HEIGHT, type ReliabilityBin, reliabilityChart } from '../charts/reliability-chart.ts';
import type { TimeSpan } from '../charts/time-span.ts';
import { count, figure, interval } from '../figures.ts';
import type { Html } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { statusWords } from '../page/status-chip.ts';
import { table } from '../page/table.ts';
import type { ReadingSeries, ReportMonitor, ReportReading } from '../report-data.ts';
import { READING_HEADS, readingCells } from './reading-cells.ts';

const MAX_CHARTS = 4;
const MAX_BARS = 20;
/** What calibration() names a bin, which is no reading with a limit: its value is what came true, its limit what was predicted. */
export const RELIABILITY = 'reliability';

/**
 * The charts that readings ask for by their shape: bars where a measure has several fields or groups, or a budget; a line where it is
 * known over time; a reliability diagram of the bins of a calibration.
 */
export function monitorCharts(monitor: ReportMonitor, span: TimeSpan, page: PageFormat): Html[] {
  const others = [...reliability(monitor, page), ...bars(monitor, page)];
  return [...lines(monitor, span, page), ...others.map((chart) => chartFigure(chart, page))].slice(0, page.rows(MAX_CHARTS));
}

const about = ({ measure, field, segment }: Omit<ReadingSeries, 'points' | 'omitted'>): string =>
  [measure, field === null ? '' : `of ${field}`, segment === null ? '' : `for ${segment}`]
    .filter((part) => part !== '')
    .join(' ');

/** What was not good comes before what always was, then the whole before its parts; that which is known best. */
function lines({ history }: ReportMonitor, span: TimeSpan, page: PageFormat): Html[] {
  const known = history.filter(({ points }) => points.filter(({ value }) => value !== null).length >= 2);
  const parts = ({ field, segment }: ReadingSeries): number => Number(field !== null) + Number(segment !== null);
  const isGood = ({ points }: ReadingSeries): number =>
    Number(points.every(({ status }) => status !== 'breach' && status !== 'warn'));
  const [best] = known.toSorted((a, b) => isGood(a) - isGood(b) || parts(a) - parts(b) || b.points.length - a.points.length);
  if (best === undefined) return [];
  const points = best.points.slice(-page.rows(120));
  return [
    lineFigure(
      {
        title: `${page.clip(about(best), 80)} over time`,
        lines: [{ name: '', points }],
        legend: 'Band: 95 % interval. Dashes: limit.',
        omitted: best.omitted + best.points.length - points.length,
      },
      { ...span, onsets: [] },
      page,
    ),
  ];
}

/** Whether a measure is a share of a whole, to be seen against it; those of what should hardly happen are seen against their limits. */
const isShare = (measure: string): boolean => /^(?:share-|selection-rate|override-rate|feedback-)|:ratio$/u.test(measure);

interface Group {
  readonly measure: string;
  readonly by: 'field' | 'segment' | 'whole';
  readonly readings: readonly ReportReading[];
}

/** Readings of one measure that belong in one chart. */
function groups(readings: readonly ReportReading[]): Group[] {
  const found = new Map<string, { measure: string; by: Group['by']; readings: ReportReading[] }>();
  for (const reading of readings) {
    if (reading.value === null || reading.measure === RELIABILITY) continue;
    const by = reading.segment !== null ? 'segment' : reading.field !== null ? 'field' : 'whole';
    const measure = by === 'segment' && reading.field !== null ? `${reading.measure} of ${reading.field}` : reading.measure;
    const key = JSON.stringify([measure, by]);
    const group = found.get(key) ?? { measure, by, readings: [] };
    group.readings.push(reading);
    found.set(key, group);
  }
  return [...found.values()];
}

function bars({ monitor, kind, readings }: ReportMonitor, page: PageFormat): Chart[] {
  const budget = /spend|budget/i.test(kind);
  const drawn = groups(readings.items).filter(
    // Bars that are all alike and all good show nothing: the readings say it.
    ({ by, readings: [first, ...others] }) =>
      by === 'whole' ? budget : others.some(({ value, status }) => value !== first?.value || status !== 'ok'),
  );
  return drawn.map(({ measure, by, readings }) => {
    const shown = readings.slice(0, page.rows(MAX_BARS));
    const list: Bar[] = shown.map((reading) => ({
      label: page.clip(labelOf(reading), 22),
      value: reading.value ?? 0,
      interval: reading.interval,
      limit: reading.limit,
      status: reading.status,
      says: `${figure(reading.value)}${reading.limit === null ? '' : ` / ${figure(reading.limit)}`} ${statusWords(reading.status)}`,
    }));
    const rows = shown.map((reading) => [page.clip(labelOf(reading), 80), ...readingCells(reading)]);
    const what = { field: 'by field', segment: 'by group', whole: 'against its limit' }[by];
    const worst = shown.filter(({ status }) => status === 'breach').map(labelOf);
    const name = page.clip(measure, 80);
    return {
      title: `${name} ${what}`,
      description: page.clip(
        `${monitor}: ${shown.map((reading) => `${labelOf(reading)} ${figure(reading.value)}`).join(', ')}. ${
          worst.length === 0 ? 'None is in breach.' : `In breach: ${worst.join(', ')}.`
        }`,
        500,
      ),
      height: barChartHeight(list),
      drawing: barChart(list, isShare(measure) ? 1 : 0),
      legend: 'Bar: value. Upright mark: limit. Thin line: 95 % interval. On the right: value / limit.',
      table: table(name, [by === 'field' ? 'field' : 'group', ...READING_HEADS], rows, page, readings.length - shown.length),
    };
  });
}

const labelOf = ({ field, segment }: ReportReading): string => (segment ?? field ?? 'all') || '(none)';

function reliability({ monitor, readings }: ReportMonitor, page: PageFormat): Chart[] {
  const known = readings.items.flatMap(({ measure, value, limit, interval: bounds, n }): ReliabilityBin[] =>
    measure === RELIABILITY && value !== null && limit !== null
      ? [{ predicted: limit, observed: value, interval: bounds, n }]
      : [],
  );
  if (known.length === 0) return [];
  const bins = known.toSorted((a, b) => a.predicted - b.predicted).slice(0, page.rows(50));
  const rows = bins.map(({ predicted, observed, interval: bounds, n }) => [
    figure(predicted),
    figure(observed),
    interval(bounds),
    count(n),
  ]);
  const apart = Math.max(...bins.map(({ predicted, observed }) => Math.abs(predicted - observed)));
  return [
    {
      title: 'Reliability of probabilities',
      description: `${page.clip(monitor, 80)}: how often what was predicted came true, in ${bins.length} bins; at most ${figure(apart)} apart.`,
      height: RELIABILITY_CHART_HEIGHT,
      narrow: true,
      drawing: reliabilityChart(bins),
      legend:
        'On the dashed line, what is predicted comes true as often as it says. Upright line: 95 % interval. The area of a dot is its share of cases.',
      table: table('Reliability', ['predicted', 'came true', '95 % interval', 'cases'], rows, page, known.length - bins.length),
    },
  ];
}
