import { figure } from '../figures.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageSetting } from '../page/page-setting.ts';
import type { SeriesPoint } from '../report-data.ts';
import { round, scale, stretched, ticks, timeAxis, UNITS } from './axis.ts';
import { statusMark } from './status-mark.ts';

const [TOP, HEIGHT, FOOT] = [16, 150, 24];
export const LINE_CHART_HEIGHT = TOP + HEIGHT + FOOT;
/** Room for the numbers of the scale: a part of the width. */
const LEFT = 0.09;
/** Beyond so many, only marks that are not ok are drawn. */
const MOST_MARKS = 40;

export interface LineOptions {
  /** Where values lie in any case. */
  readonly range?: readonly [lowest: number, highest: number];
  /** A value holds until the next one, instead of leading to it. */
  readonly steps?: boolean;
  readonly format?: (value: number) => string;
}

/** Values over time, the band of their intervals, and their limit. Points without a value leave a gap. */
export function lineChart(points: readonly SeriesPoint[], page: PageSetting, options: LineOptions = {}): Html {
  const { range, steps = false, format = figure } = options;
  const shown = points.flatMap(({ value, ...point }) => (value === null ? [] : [{ ...point, value }]));
  const times = points.map(({ at }) => at);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const numbers = shown.flatMap(({ value, interval, limit }) => [value, ...(interval ?? []), ...(limit === null ? [] : [limit])]);
  const [lowest, highest] = range ?? padded(Math.min(...numbers), Math.max(...numbers));
  const across = (at: number): number => LEFT + (0.98 - LEFT) * scale(from, to)(at);
  const down = (value: number): number => HEIGHT * (1 - scale(lowest, highest)(value));
  const x = (at: number): number => round(UNITS * across(at));
  const y = (value: number): number => round(down(value));

  const grid = ticks(lowest, highest).map((tick) => {
    const at = round(TOP + down(tick));
    return html`<line class="grid" x1="0" x2="100%" y1="${at}" y2="${at}" /><text x="0" y="${round(at - 3)}"
        >${format(tick)}</text
      >`;
  });
  const bands = runsOf(points, ({ interval }) => interval !== null).map((run) => {
    const edge = (side: 0 | 1): string[] => run.map(({ at, interval }) => `${x(at)} ${y(interval?.[side] ?? 0)}`);
    return html`<path class="band" d="M${[...edge(1), ...edge(0).toReversed()].join('L')}Z" />`;
  });
  const lines = runsOf(points, ({ value }) => value !== null).map((run) => {
    const path = run.map(({ at, value }) => (steps ? `H${x(at)}V${y(value ?? 0)}` : `L${x(at)} ${y(value ?? 0)}`)).join('');
    const [first] = run;
    return html`<path class="line" d="M${x(first?.at ?? 0)} ${y(first?.value ?? 0)}${path}" />`;
  });
  const limits = runsOf(points, ({ limit }) => limit !== null).map((run) => {
    const path = run
      .map(({ at, limit }, index) => (index === 0 ? `M${UNITS * LEFT} ${y(limit ?? 0)}` : `H${x(at)}V${y(limit ?? 0)}`))
      .join('');
    return html`<path class="limit" d="${path}H${UNITS}" />`;
  });
  const last = shown.findLast(({ limit }) => limit !== null)?.limit ?? null;
  const limitLabel =
    last === null
      ? NOTHING
      : html`<text
          class="strong"
          x="100%"
          y="${round(TOP + down(last) + ((shown.at(-1)?.value ?? 0) < last ? -5 : 14))}"
          text-anchor="end"
          >limit ${format(last)}</text
        >`;
  const marks = shown
    .filter(({ status }) => shown.length <= MOST_MARKS || status !== 'ok')
    .map(({ at, value, status }) => statusMark(status, across(at), TOP + down(value)));
  return html`${grid}${stretched(TOP, HEIGHT, html`${bands}${limits}${lines}`)}${marks}${limitLabel}${timeAxis(from, to, LINE_CHART_HEIGHT - 6, page, LEFT)}`;
}

/** With some room, so that nothing is drawn on the edge. */
function padded(lowest: number, highest: number): readonly [number, number] {
  if (!(highest > lowest))
    return Number.isFinite(lowest) ? [lowest - Math.abs(lowest) / 2 - 0.01, lowest + Math.abs(lowest) / 2 + 0.01] : [0, 1];
  const room = 0.12 * (highest - lowest);
  // What cannot be negative is not shown so.
  return [lowest >= 0 ? Math.max(0, lowest - room) : lowest - room, highest + room];
}

/** Stretches of neighbours for which something holds. */
function runsOf(points: readonly SeriesPoint[], holds: (point: SeriesPoint) => boolean): SeriesPoint[][] {
  const runs: SeriesPoint[][] = [];
  let open: SeriesPoint[] | undefined;
  for (const point of points) {
    if (!holds(point)) open = undefined;
    else if (open === undefined) runs.push((open = [point]));
    else open.push(point);
  }
  return runs;
}
