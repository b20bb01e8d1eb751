import { html, type Html } from '../page/html.ts';
import type { PageSetting } from '../page/page-setting.ts';
import { round, stretched, timeAxis, UNITS } from './axis.ts';

const [LABEL, HEIGHT, FOOT] = [18, 34, 22];
const ROW = LABEL + HEIGHT + 8;

/** One kind of calls over time. */
export interface TrafficRow {
  readonly name: 'model' | 'cache' | 'rules' | 'always' | 'failed' | 'dismissed';
  readonly label: string;
  /** On the right, in words. */
  readonly says: string;
  /** As many as there are bins. */
  readonly counts: readonly number[];
}

/** In pixels. */
export const trafficChartHeight = (rows: readonly TrafficRow[]): number => rows.length * ROW + FOOT;

/** A row of columns for each kind of calls, each on a scale of its own: a few failures beside many calls stay visible. */
export function trafficChart(rows: readonly TrafficRow[], starts: readonly number[], binMs: number, page: PageSetting): Html {
  const from = starts[0] ?? 0;
  const to = (starts.at(-1) ?? 0) + binMs;
  const width = (UNITS * binMs) / Math.max(1, to - from);
  const columns = rows.map(({ name, label, says, counts }, index) => {
    const top = index * ROW;
    const most = Math.max(...counts);
    const path = counts.map((count, bin) => {
      if (count === 0) return '';
      const x = (UNITS * ((starts[bin] ?? 0) - from)) / Math.max(1, to - from);
      const height = Math.max(1.5, (HEIGHT * count) / most);
      return `M${round(x)} ${HEIGHT}v${-round(height)}h${round(0.9 * width)}V${HEIGHT}z`;
    });
    const line = top + LABEL + HEIGHT;
    return html`<text class="strong" x="0" y="${top + 13}">${label}</text
      ><text x="100%" y="${top + 13}" text-anchor="end">${says}</text>
      ${stretched(top + LABEL, HEIGHT, html`<path class="col ${name}" d="${path.join('')}" />`)}<line
        class="grid"
        x1="0"
        x2="100%"
        y1="${line}"
        y2="${line}"
      />`;
  });
  return html`${columns}${timeAxis(from, to, rows.length * ROW + 14, page)}`;
}
