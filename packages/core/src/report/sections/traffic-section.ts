import { chartFigure } from '../charts/chart-figure.ts';
import { trafficChart, trafficChartHeight, type TrafficRow } from '../charts/traffic-chart.ts';
import { count, duration } from '../figures.ts';
import { html, type Html } from '../page/html.ts';
import type { PageSetting } from '../page/page-setting.ts';
import { table } from '../page/table.ts';
import type { ReportTraffic } from '../report-data.ts';

const LABELS = {
  model: 'Served by a model',
  cache: 'Served by the cache',
  rules: 'Served by rules',
  always: 'Served by the last resort',
  failed: 'Failed',
  dismissed: 'Cancelled, or invalid input',
} as const;
const NAMES = ['model', 'cache', 'rules', 'always', 'failed', 'dismissed'] as const;

/** Calls over time, by the tier that served them. */
export function trafficSection({ binMs, bins }: ReportTraffic, page: PageSetting): Html {
  if (bins.length === 0)
    return html`<section>
      <h3>Traffic</h3>
      <p>No decision events were given.</p>
    </section>`;
  const every = `in ${duration(binMs)}`;
  const rows = NAMES.flatMap((name): TrafficRow[] => {
    const counts = bins.map((bin) => bin[name]);
    const total = counts.reduce((sum, value) => sum + value, 0);
    if (total === 0) return [];
    const says = `${count(total)}, at most ${count(Math.max(...counts))} ${every}`;
    return [{ name, label: LABELS[name], says, counts }];
  });
  const kept = bins.slice(-page.rows(96));
  const figure = chartFigure(
    {
      title: 'Calls over time, by what served them',
      description: rows.map(({ label, says }) => `${label}: ${says}.`).join(' '),
      height: trafficChartHeight(rows),
      drawing: trafficChart(
        rows,
        bins.map(({ at }) => at),
        binMs,
        page,
      ),
      legend: 'Each row has a scale of its own.',
      table: table(
        `Calls ${every}`,
        ['from', ...rows.map(({ label }) => label)],
        kept.map((bin) => [page.timeElement(bin.at), ...rows.map(({ name }) => count(bin[name]))]),
        bins.length - kept.length,
      ),
    },
    page,
  );
  return html`<section>
    <h3>Traffic</h3>
    ${figure}
  </section> `;
}
