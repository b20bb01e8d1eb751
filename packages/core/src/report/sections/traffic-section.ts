import { type Chart, chartFigure } from '../charts/chart-figure.ts';
import { lineFigure } from '../charts/line-figure.ts';
import { backdropLegend, type TimeSpan } from '../charts/time-span.ts';
import { trafficChart, trafficChartHeight, type TrafficRow } from '../charts/traffic-chart.ts';
import { count, duration, percent, SHORTEST_MS } from '../figures.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { table } from '../page/table.ts';
import type { ReportTraffic, TrafficBin } from '../report-data.ts';
import { binPoints, shownBins } from './bin-points.ts';

const KINDS = {
  model: 'Served by a model',
  cache: 'Served by the cache',
  rules: 'Served by rules',
  always: 'Served by the last resort',
  failed: 'Failed',
  dismissed: 'Cancelled, or invalid input',
} as const;
const NAMES = ['model', 'cache', 'rules', 'always', 'failed', 'dismissed'] as const;
const QUANTILES = [
  ['p50', 'median', ''],
  ['p90', '90 %', 'dashed'],
  ['p99', '99 %', 'dotted'],
] as const;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Calls over time, what part of them each tier served, and how long they took. */
export function trafficSection({ binMs, bins }: ReportTraffic, span: TimeSpan, page: PageFormat): Html {
  const kept = shownBins(bins, page);
  const charts =
    bins.length === 0
      ? html`<p>No decision events were given.</p>`
      : html`${chartFigure(callsChart(kept, bins.length, binMs, span, page), page)}${latency(kept, bins.length, binMs, span, page)}`;
  return html`<section>
    <h3>Traffic</h3>
    ${charts}
  </section> `;
}

function callsChart(bins: readonly TrafficBin[], known: number, binMs: number, span: TimeSpan, page: PageFormat): Chart {
  const every = `in ${duration(binMs)}`;
  const calls = bins.map((bin) => sum(NAMES.map((name) => bin[name])));
  const total = sum(calls);
  const names = NAMES.filter((name) => bins.some((bin) => bin[name] > 0));
  const rows: TrafficRow[] = [
    { name: 'all', label: 'All calls', says: `${count(total)}, at most ${count(Math.max(...calls))} ${every}`, values: calls },
    ...names.map((name): TrafficRow => {
      const values = bins.map((bin, index) => bin[name] / (calls[index] ?? 1));
      const part = sum(bins.map((bin) => bin[name])) / total;
      return { name, label: KINDS[name], says: `${percent(part)} of calls, up to ${percent(Math.max(...values))}`, values };
    }),
  ];
  return {
    title: 'Calls over time, and what part of them each tier served',
    description: rows.map(({ label, says }) => `${label}: ${says}.`).join(' '),
    height: trafficChartHeight(rows),
    drawing: trafficChart(
      rows,
      bins.map(({ at }) => at),
      binMs,
      span,
      page,
    ),
    legend: `Below all calls: parts of them, each row on a scale that ends where it says “up to”.${backdropLegend(span)}`,
    table: table(
      `Calls ${every}`,
      ['from', 'all calls', ...names.map((name) => KINDS[name])],
      bins.map((bin, index) => [page.timeCell(bin.at), count(calls[index] ?? 0), ...names.map((name) => count(bin[name]))]),
      page,
      known - bins.length,
    ),
  };
}

function latency(bins: readonly TrafficBin[], known: number, binMs: number, span: TimeSpan, page: PageFormat): Html {
  const lines = QUANTILES.map(([quantile, name, dashes]) => {
    // On a logarithmic scale there is no 0.
    const value = (ms: number | null): number | null => (ms === null ? null : Math.max(ms, SHORTEST_MS));
    const own = bins.map(({ at, timed, latencyMs }) => ({
      at,
      n: timed,
      value: value(latencyMs[quantile]),
      interval: null,
    }));
    return { name, dashes, points: binPoints(own, binMs) };
  }).filter(({ points }) => points.some(({ value }) => (value ?? 0) > SHORTEST_MS));
  if (lines.length === 0) return NOTHING;
  return lineFigure(
    {
      title: 'Latency of served calls over time',
      lines,
      legend:
        'Within what time half, 90 % and 99 % of calls were answered: a line ends where fewer than one of them would be slower. Columns: calls.',
      binMs,
      logarithmic: true,
      format: duration,
      omitted: known - bins.length,
    },
    span,
    page,
  );
}
