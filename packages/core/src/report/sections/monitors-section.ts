import { count, figure } from '../figures.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageSetting } from '../page/page-setting.ts';
import { statusChip } from '../page/status-chip.ts';
import { omission, table } from '../page/table.ts';
import type { ModelReport, ReportMonitor } from '../report-data.ts';
import { monitorCharts, RELIABILITY } from './monitor-charts.ts';

/** Each monitor with its charts, and every reading with value, interval, limit, cases and status. */
export function monitorsSection({ items, omitted }: ModelReport['monitors'], page: PageSetting): Html {
  if (items.length === 0)
    return html`<section>
      <h3>Monitors</h3>
      <p>No monitor has reported.</p>
    </section> `;
  const shown = items.slice(0, page.rows(60));
  return html`<section>
    <h3>Monitors</h3>
    ${shown.map((monitor) => article(monitor, page))}${omission(omitted + items.length - shown.length, 'monitors')}
  </section> `;
}

function article(monitor: ReportMonitor, page: PageSetting): Html {
  const { kind, status, since, readings } = monitor;
  const own = readings.items.filter(({ measure }) => measure !== RELIABILITY);
  const shown = own.slice(0, page.rows(40));
  const rows = shown.map(({ measure, field, segment, value, interval, limit, n, status, reason }) => [
    page.clip([measure, field, segment].filter((part) => part !== null).join(' · '), 120),
    figure(value),
    interval === null ? '–' : `${figure(interval[0])} to ${figure(interval[1])}`,
    figure(limit),
    count(n),
    statusChip(status),
    page.clip(reason, 240),
  ]);
  const heads = ['measure', 'value', '95 % interval', 'limit', 'cases', 'status', 'in words'];
  const omitted = readings.omitted + own.length - shown.length;
  return html`<article>
    <h4>${page.clip(monitor.monitor, 80)} ${statusChip(status)}</h4>
    <p class="note">${page.clip(kind, 60)}${since === null ? NOTHING : html`, since ${page.timeElement(since)}`}</p>
    ${monitorCharts(monitor, page)}${
      rows.length === 0 ? html`<p>It has read nothing yet.</p>` : table('Readings', heads, rows, omitted)
    }
  </article> `;
}
