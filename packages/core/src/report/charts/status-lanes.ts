import type { MonitorStatus } from '../../types/index.ts';
import { html, type Html } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { round, stretched, timeAxis, timeScale, UNITS } from './axis.ts';
import { statusMark } from './status-mark.ts';
import { backdrop, type TimeSpan } from './time-span.ts';

const [LABEL, HEIGHT, FOOT] = [17, 8, 22];
const ROW = LABEL + HEIGHT + 7;
/** In this order, so that a short breach is not hidden. */
const STATUSES: readonly MonitorStatus[] = ['insufficient', 'ok', 'warn', 'breach'];

export interface Lane {
  readonly label: string;
  /** On the right, in words. */
  readonly says: string;
  /** Oldest first, each until the next one. */
  readonly stretches: readonly { readonly from: number; readonly to: number; readonly status: MonitorStatus }[];
}

/** In pixels. */
export const statusLanesHeight = (lanes: readonly Lane[]): number => lanes.length * ROW + FOOT;

/** The status of each monitor over time: thin where it is well, and marked where a breach or a warning begins. */
export function statusLanes(lanes: readonly Lane[], span: TimeSpan, page: PageFormat): Html {
  const across = timeScale(span);
  const x = (at: number): number => round(UNITS * across(at));
  const drawn = lanes.map(({ label, says, stretches }, index) => {
    const top = index * ROW;
    const paths = STATUSES.map((status) => {
      const inset = status === 'breach' ? 0 : status === 'warn' ? 1 : 3;
      const path = stretches.filter((stretch) => stretch.status === status && stretch.to > stretch.from);
      const d = path.map(({ from, to }) => `M${x(from)} ${inset}H${x(to)}V${HEIGHT - inset}H${x(from)}z`).join('');
      return d === '' ? '' : html`<path class="bar ${status}" d="${d}" />`;
    });
    const marks = stretches
      .filter(({ status }) => status === 'breach' || status === 'warn')
      .map(({ from, status }) => statusMark(status, across(from), top + LABEL + HEIGHT / 2));
    return html`<text class="strong" x="0" y="${top + 12}">${label}</text
      ><text x="100%" y="${top + 12}" text-anchor="end">${says}</text>${stretched(top + LABEL, HEIGHT, html`${paths}`)}${marks}`;
  });
  const height = lanes.length * ROW;
  return html`${stretched(0, height, backdrop({ ...span, onsets: [] }, height))}${drawn}${timeAxis(span, height + 14, page)}`;
}
