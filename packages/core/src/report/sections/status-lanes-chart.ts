import { type Chart } from '../charts/chart-figure.ts';
import { type Lane, statusLanes, statusLanesHeight } from '../charts/status-lanes.ts';
import type { TimeSpan } from '../charts/time-span.ts';
import type { PageFormat } from '../page/page-format.ts';
import { statusChip, statusWords } from '../page/status-chip.ts';
import { table } from '../page/table.ts';
import type { ReportMonitor } from '../report-data.ts';

const MAX_LANES = 24;

/** The status of all monitors over time. */
export function statusLanesChart(monitors: readonly ReportMonitor[], span: TimeSpan, page: PageFormat): Chart {
  const shown = monitors.slice(0, page.rowsToKeep(MAX_LANES));
  const lanes = shown.map((monitor): Lane => {
    const { status, since, before, changes } = monitor;
    const known = changes.items.length === 0 && since !== null ? [{ at: since, status }] : changes.items;
    const starts = before === null ? known : [{ at: span.from, status: before }, ...known];
    const stretches = starts.map((start, index) => ({
      from: start.at,
      to: starts[index + 1]?.at ?? span.to,
      status: start.status,
    }));
    return { label: page.clip(monitor.monitor, 60), says: statusWords(status), stretches };
  });
  const rows = shown.map(({ monitor, status, changes: { items, omitted } }) => {
    const told = items.slice(-page.rows(20)).map((change) => `${page.time(change.at)} ${statusWords(change.status)}`);
    const rest = omitted + items.length - told.length;
    return [page.clip(monitor, 80), statusChip(status), `${rest > 0 ? `${rest} before; ` : ''}${told.join('; ')}`];
  });
  const breaches = shown.filter(({ changes }) => changes.items.some(({ status }) => status === 'breach'));
  return {
    title: 'All monitors over time',
    description: `${shown.length} monitors; ${breaches.length} went into breach${
      breaches.length === 0 ? '' : `: ${page.clip(breaches.map(({ monitor }) => monitor).join(', '), 300)}`
    }.`,
    height: statusLanesHeight(lanes),
    drawing: statusLanes(lanes, span, page),
    legend: `Thin: ok, or grey while too little is seen. Thick, and marked where it begins: a square for a breach, a triangle for a warning.${
      span.pauses.length === 0 ? '' : ' Shaded: paused, no model serves.'
    }`,
    table: table('Changes of status', ['monitor', 'now', 'when it became what'], rows, page, monitors.length - shown.length),
  };
}
