import { html, type Html, NOTHING } from '../page/html.ts';
import { round, stretched, UNITS } from './axis.ts';

const [LEGEND, ROW, LABEL, BAR] = [24, 36, 18, 6];

/** Shares of one bin, 0–1. */
export interface DistributionRow {
  readonly label: string;
  readonly reference: number;
  readonly live: number;
  /** On the right, in words: `10 % → 31 %`. */
  readonly says: string;
}

/** In pixels. */
export const distributionChartHeight = (rows: readonly DistributionRow[]): number => LEGEND + rows.length * ROW;

/**
 * Two bars a row, the reference's hollow above the live one, which is filled: all on one scale that ends at the largest share.
 *
 * @param legend what the two are: `reference (5,000)`, `live (1,000)`
 */
export function distributionChart(rows: readonly DistributionRow[], legend: Record<'reference' | 'live', string>): Html {
  const max = Math.max(...rows.flatMap(({ reference, live }) => [reference, live]));
  const bars = (side: 'reference' | 'live', offset: number): string =>
    rows
      .map((row, index) => ({ part: row[side] / max, y: index * ROW + LABEL + offset }))
      .filter(({ part }) => part > 0)
      .map(({ part, y }) => `M0 ${y}h${round(Math.max(2, UNITS * part))}v${BAR}H0z`)
      .join('');
  const key = (side: 'reference' | 'live', x: string): Html =>
    html`<svg x="${x}" y="0" width="50%" height="${LEGEND}">
      <path class="${side}" d="M1 3h12v9h-12z" />
      <text x="18" y="12">${legend[side]}</text>
    </svg>`;
  const down = (index: number): number => LEGEND + index * ROW + 13;
  // An x of 0 and one anchor for all: there are many of them.
  const labels = rows.map(({ label }, index) => html`<text class="strong" y="${down(index)}">${label}</text>`);
  const figures = rows.map(({ says }, index) => html`<text x="100%" y="${down(index)}">${says}</text>`);
  const drawn =
    max > 0
      ? html`<path class="reference" d="${bars('reference', 0)}" /><path class="live" d="${bars('live', BAR + 1)}" />`
      : NOTHING;
  return html`${key('reference', '0')}${key('live', '50%')}${stretched(LEGEND, rows.length * ROW, drawn)}${labels}<g
      text-anchor="end"
      >${figures}</g
    >`;
}
