import { type Chart, chartFigure } from '../charts/chart-figure.ts';
import { distributionChart, distributionChartHeight, type DistributionRow } from '../charts/distribution-chart.ts';
import { count, percent } from '../figures.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { omission, table } from '../page/table.ts';
import type { ReportMonitor } from '../report-data.ts';

type Distributions = NonNullable<ReportMonitor['distributions']>;
type Distribution = Distributions['items'][number];

const MAX_CHARTS = 10;

/** Fields that have drifted: how they are distributed now, and how they were in the reference. */
export function distributionCharts({ monitor, distributions }: ReportMonitor, page: PageFormat): Html {
  if (distributions === undefined) return NOTHING;
  const { items, omitted } = distributions;
  const shown = items.slice(0, page.rows(MAX_CHARTS));
  const note =
    'Distributions of fields above their limit. Hollow bar: reference. Filled bar: live. On the right: shares of the values in the bins, reference → live; missing values as a share of all.';
  return html`<p class="note">${note}</p>
    <div class="pair">${shown.map((one) => chartFigure(chartOf(one, monitor, page), page))}</div>
    ${omission(omitted + items.length - shown.length, 'distributions')}`;
}

function chartOf({ field, segment, reference, live, bins }: Distribution, monitor: string, page: PageFormat): Chart {
  const written = edgeFormat(bins.flatMap(({ range = [] }) => range.flatMap((edge) => edge ?? [])));
  const parts = bins.map((bin) => ({ ...bin, name: nameOf(bin, written) }));
  const missing = { name: 'missing values', reference: reference.missing, live: live.missing };
  const all = reference.missing + live.missing > 0 ? [...parts, missing] : parts;
  const rows = all.map((part): DistributionRow => ({
    label: page.clip(part.name, 30),
    reference: part.reference,
    live: part.live,
    says: `${percent(part.reference)} → ${percent(part.live)}`,
  }));
  const apart = all
    .toSorted((a, b) => Math.abs(b.live - b.reference) - Math.abs(a.live - a.reference))
    .slice(0, 3)
    .map((part) => `${page.clip(part.name, 60)} from ${percent(part.reference)} to ${percent(part.live)}`);
  const title = `Distribution of ${page.clip(field, 60)}${segment === undefined ? '' : ` for ${page.clip(segment, 60)}`}`;
  const cells = all.map((part) => [page.clip(part.name, 100), percent(part.reference), percent(part.live)]);
  return {
    title,
    description: `${page.clip(monitor, 80)}: ${count(live.n)} live values beside ${count(reference.n)} of the reference. Furthest apart: ${apart.join(', ')}.`,
    height: distributionChartHeight(rows),
    drawing: distributionChart(rows, { reference: `reference (${count(reference.n)})`, live: `live (${count(live.n)})` }),
    table: table(title, ['values', 'reference', 'live'], cells, page),
  };
}

function nameOf({ label, range }: Distribution['bins'][number], written: (edge: number) => string): string {
  if (label !== undefined) return label === null ? 'all others' : label || '(empty)';
  const [from, to] = range ?? [null, null];
  if (from === null) return to === null ? 'all other numbers' : `below ${written(to)}`;
  if (to === null) return `${written(from)} and above`;
  return from === to ? written(from) : `${written(from)} to ${written(to)}`;
}

/** Three digits, or as many as it takes to tell the edges apart; nothing before the decimal point is rounded. */
function edgeFormat(edges: readonly number[]): (edge: number) => string {
  const different = [...new Set(edges)];
  const format =
    (digits: number) =>
    (edge: number): string => {
      const size = Math.abs(edge);
      return size !== 0 && (size < 1e-4 || size >= 1e15)
        ? edge.toExponential(digits - 1)
        : edge.toLocaleString('en', { maximumSignificantDigits: Math.max(digits, Math.ceil(Math.log10(size + 1))) });
    };
  const digits = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].find(
    (max) => new Set(different.map(format(max))).size === different.length,
  );
  return format(digits ?? 17);
}
