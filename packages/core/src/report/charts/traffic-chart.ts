import { html, type Html } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';
import { columns, stretched, timeAxis, timeScale, UNITS } from './axis.ts';
import { backdrop, type TimeSpan } from './time-span.ts';

const [LABEL, HEIGHT, FOOT] = [18, 34, 22];
const ROW = LABEL + HEIGHT + 8;

/** One figure of calls over time. */
export interface TrafficRow {
  readonly name: 'all' | 'model' | 'cache' | 'rules' | 'always' | 'failed' | 'dismissed';
  readonly label: string;
  /** On the right, in words. */
  readonly says: string;
  /** As many as there are bins. */
  readonly values: readonly number[];
}

/** In pixels. */
export const trafficChartHeight = (rows: readonly TrafficRow[]): number => rows.length * ROW + FOOT;

/** A row of columns for each figure, each on a scale of its own: a few failures beside many calls stay visible. */
export function trafficChart(
  rows: readonly TrafficRow[],
  starts: readonly number[],
  binMs: number,
  span: TimeSpan,
  page: PageFormat,
): Html {
  const across = timeScale(span);
  const x = (at: number): number => UNITS * across(at);
  const drawn = rows.map(({ name, label, says, values }, index) => {
    const top = index * ROW;
    const max = Math.max(...values);
    const bars = starts.map((start, bin) => ({
      x: x(start),
      width: 0.9 * (x(start + binMs) - x(start)),
      part: (values[bin] ?? 0) / max,
    }));
    const line = top + LABEL + HEIGHT;
    return html`<text class="strong" x="0" y="${top + 13}">${label}</text
      ><text x="100%" y="${top + 13}" text-anchor="end">${says}</text>
      ${stretched(top + LABEL, HEIGHT, html`<path class="col ${name}" d="${columns(HEIGHT, bars)}" />${backdrop(span, HEIGHT)}`)}<line
        class="grid"
        x1="0"
        x2="100%"
        y1="${line}"
        y2="${line}"
      />`;
  });
  return html`${drawn}${timeAxis(span, rows.length * ROW + 14, page)}`;
}
