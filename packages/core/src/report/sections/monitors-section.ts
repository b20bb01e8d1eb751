import { chartFigure } from '../charts/chart-figure.ts';
import { MARK_LEGEND } from '../charts/status-mark.ts';
import type { TimeSpan } from '../charts/time-span.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { statusChip } from '../page/status-chip.ts';
import { omission, table } from '../page/table.ts';
import type { ModelReport, ReportMonitor } from '../report-data.ts';
import { distributionCharts } from './distribution-charts.ts';
import { monitorCharts, RELIABILITY } from './monitor-charts.ts';
import { READING_HEADS, readingCells } from './reading-cells.ts';
import { statusLanesChart } from './status-lanes-chart.ts';

/** Beside those in breach or with a warning, which come first. */
const MAX_OTHERS = 16;

/** Each monitor with its charts, and every reading with value, interval, limit, cases and status. */
export function monitorsSection({ items, omitted }: ModelReport['monitors'], span: TimeSpan, page: PageFormat): Html {
  if (items.length === 0)
    return html`<section>
      <h3>Monitors</h3>
      <p>No monitor has reported.</p>
    </section> `;
  const shown = items.slice(0, page.rows(60));
  return html`<section>
    <h3>Monitors</h3>
    ${chartFigure(statusLanesChart(items, span, page), page)}
    <p class="note">${`In the lines below: ${MARK_LEGEND} A reading is told when the status changes, and now.`}</p>
    ${shown.map((monitor) => article(monitor, span, page))}${omission(omitted + items.length - shown.length, 'monitors')}
  </section> `;
}

function article(monitor: ReportMonitor, span: TimeSpan, page: PageFormat): Html {
  const { kind, status, since, readings } = monitor;
  const own = readings.items.filter(({ measure }) => measure !== RELIABILITY);
  const wrong = own.filter((reading) => reading.status === 'breach' || reading.status === 'warn').length;
  const shown = own.slice(0, page.rows(Math.min(40, wrong + MAX_OTHERS)));
  const rows = shown.map((reading) => [
    page.clip([reading.measure, reading.field, reading.segment].filter((part) => part !== null).join(' · '), 120),
    ...readingCells(reading),
    page.clip(reading.reason, 240),
  ]);
  const heads = ['measure', ...READING_HEADS, 'in words'];
  const omitted = readings.omitted + own.length - shown.length;
  return html`<article>
    <h4>${page.clip(monitor.monitor, 80)} ${statusChip(status)}</h4>
    <p class="note">${page.clip(kind, 60)}${since === null ? NOTHING : html`, since ${page.timeElement(since)}`}</p>
    ${monitorCharts(monitor, span, page)}${distributionCharts(monitor, page)}${
      rows.length === 0 ? html`<p>It has read nothing yet.</p>` : table('Readings', heads, rows, page, omitted)
    }
  </article> `;
}
