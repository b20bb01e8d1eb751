import { count, figure } from '../figures.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import type { SeriesPoint } from '../report-data.ts';
import { columns, round, scale, stretched, ticks, timeAxis, timeScale, UNITS } from './axis.ts';
import { statusMark } from './status-mark.ts';
import { backdrop, type TimeSpan } from './time-span.ts';

const [TOP, HEIGHT, CASES, FOOT] = [16, 150, 30, 24];
/** Beyond so many, only marks that are not ok are drawn. */
const MAX_MARKS = 40;
/** Between the names of lines, in pixels. */
const NAME_HEIGHT = 14;

export interface Line {
  /** At its right end; empty for the only one. */
  readonly name: string;
  readonly dashes?: '' | 'dashed' | 'dotted';
  readonly points: readonly SeriesPoint[];
}

export interface LineOptions {
  /** Where values lie in any case. */
  readonly range?: readonly [min: number, max: number];
  /** A value holds until the next one, instead of leading to it. */
  readonly steps?: boolean;
  readonly format?: (value: number) => string;
  /** Values are over 0, and every power of ten is as high as the others. */
  readonly logarithmic?: boolean;
  /** Points are the middles of bins that wide, in milliseconds: the cases of the first line are drawn below, and no marks. */
  readonly binMs?: number;
}

/** In pixels. */
export const lineChartHeight = ({ binMs }: LineOptions = {}): number => TOP + HEIGHT + (binMs === undefined ? 0 : CASES) + FOOT;

/** Values over time, the band of their intervals, and their limit. Points without a value leave a gap. */
export function lineChart(lines: readonly Line[], span: TimeSpan, page: PageFormat, options: LineOptions = {}): Html {
  const { range, steps = false, format = figure, logarithmic = false, binMs } = options;
  const up = logarithmic ? Math.log10 : (value: number): number => value;
  const all = lines.flatMap(({ points }) => points);
  const shown = all.flatMap(({ value, ...point }) => (value === null ? [] : [{ ...point, value }]));
  const numbers = shown.flatMap(({ value, interval, limit }) => [value, ...(interval ?? []), ...(limit === null ? [] : [limit])]);
  const [lowest, highest] = range ?? padded(numbers.map(up), logarithmic);
  const across = timeScale(span);
  const down = (value: number): number => HEIGHT * (1 - scale(lowest, highest)(up(value)));
  const x = (at: number): number => round(UNITS * across(at));
  const y = (value: number): number => round(down(value));

  const grid = (logarithmic ? powers(lowest, highest) : ticks(lowest, highest)).map((tick) => {
    const at = round(TOP + down(tick));
    return html`<line class="grid" x1="0" x2="100%" y1="${at}" y2="${at}" /><text x="0" y="${round(at - 3)}"
        >${format(tick)}</text
      >`;
  });
  const paths = lines.map(({ points, dashes = '' }) => {
    const bands = unbroken(
      runsOf(points, ({ interval }) => interval !== null),
      longestGap(points, span),
    ).map((run) => {
      const edge = (side: 0 | 1): string[] => run.map(({ at, interval }) => `${x(at)} ${y(interval?.[side] ?? 0)}`);
      return `M${[...edge(1), ...edge(0).toReversed()].join('L')}Z`;
    });
    const runs = unbroken(
      runsOf(points, ({ value }) => value !== null),
      steps ? Infinity : longestGap(points, span),
    ).map((run) => {
      const path = run.map(({ at, value }) => (steps ? `H${x(at)}V${y(value ?? 0)}` : `L${x(at)} ${y(value ?? 0)}`)).join('');
      const [first] = run;
      return `M${x(first?.at ?? 0)} ${y(first?.value ?? 0)}${path}`;
    });
    return html`<path class="band" d="${bands.join('')}" /><path class="line ${dashes}" d="${runs.join('')}" />`;
  });
  const limits = runsOf(all, ({ limit }) => limit !== null).map((run) => {
    const path = run
      .map(({ at, limit }, index) => (index === 0 ? `M${x(at)} ${y(limit ?? 0)}` : `H${x(at)}V${y(limit ?? 0)}`))
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
    .filter(({ status }) => binMs === undefined && (shown.length <= MAX_MARKS || status !== 'ok'))
    .map(({ at, value, status }) => statusMark(status, across(at), TOP + down(value)));
  const behind = html`${backdrop(span, HEIGHT)}${paths}${limits}`;
  return html`${grid}${stretched(TOP, HEIGHT, behind)}${marks}${limitLabel}${lines.length < 2 ? NOTHING : namesOf(lines, down)}${
    binMs === undefined ? NOTHING : cases(lines[0]?.points ?? [], binMs, x)
  }${timeAxis(span, lineChartHeight(options) - 6, page)}`;
}

/** Each beside the last value of its line, apart from the others. */
function namesOf(lines: readonly Line[], down: (value: number) => number): Html {
  const ends = lines.flatMap(({ name, points }) => {
    const value = points.findLast((point) => point.value !== null)?.value;
    return value === undefined || value === null ? [] : [{ name, y: TOP + down(value) - 5 }];
  });
  let free = Infinity;
  const placed = ends
    .sort((a, b) => b.y - a.y)
    .map(({ name, y }) => {
      free = Math.min(y, free - NAME_HEIGHT);
      return html`<text class="strong" x="100%" y="${round(free)}" text-anchor="end">${name}</text>`;
    });
  return html`${placed}`;
}

/** Columns of cases. */
function cases(points: readonly SeriesPoint[], binMs: number, x: (at: number) => number): Html {
  const max = Math.max(...points.map(({ n }) => n));
  const bars = points.map(({ at, n }) => {
    const from = x(at - binMs / 2);
    return { x: from, width: 0.9 * (x(at + binMs / 2) - from), part: n / max };
  });
  const [top, height] = [TOP + HEIGHT + 8, CASES - 8];
  return html`${stretched(top, height, html`<path class="col all" d="${columns(height, bars)}" />`)}<text
      x="0"
      y="${top + height}"
      >n ≤ ${count(max)}</text
    >`;
}

/** The ticks of a range of logarithms to the base of ten. */
const powers = (lowest: number, highest: number): number[] => {
  const step = Math.ceil((highest - lowest) / 6);
  return Array.from({ length: Math.floor((highest - lowest) / step) + 1 }, (_, index) => 10 ** (lowest + index * step));
};

/** With some room, so that nothing is drawn on the edge. @param whole to whole numbers */
function padded(numbers: readonly number[], whole: boolean): readonly [number, number] {
  const [lowest, highest] = [Math.min(...numbers), Math.max(...numbers)];
  if (whole && Number.isFinite(lowest)) return [Math.floor(lowest), Math.max(Math.floor(lowest) + 1, Math.ceil(highest))];
  if (!(highest > lowest))
    return Number.isFinite(lowest) ? [lowest - Math.abs(lowest) / 2 - 0.01, lowest + Math.abs(lowest) / 2 + 0.01] : [0, 1];
  const room = 0.12 * (highest - lowest);
  // What cannot be negative is not shown so.
  return [lowest >= 0 ? Math.max(0, lowest - room) : lowest - room, highest + room];
}

/** Points that lie further apart than that were not told in between, as in an outage: no line leads from one to the other. */
function longestGap(points: readonly SeriesPoint[], { from, to }: TimeSpan): number {
  const gaps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at));
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  return gaps.length < 3 ? Infinity : Math.max(GAPS * usual, (to - from) / 20);
}

/** Usual distances of points. */
const GAPS = 5;

const unbroken = (runs: readonly SeriesPoint[][], gap: number): SeriesPoint[][] =>
  runs.flatMap((run) => {
    const parts: SeriesPoint[][] = [];
    for (const point of run) {
      const last = parts.at(-1);
      if (last === undefined || point.at - (last.at(-1)?.at ?? point.at) > gap) parts.push([point]);
      else last.push(point);
    }
    return parts;
  });

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
