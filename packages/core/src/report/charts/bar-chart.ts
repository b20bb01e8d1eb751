import type { MonitorStatus } from '../../types/index.ts';
import { html, type Html, NOTHING } from '../page/html.ts';
import { round, scale } from './axis.ts';

const ROW = 40;

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly interval: readonly [lower: number, upper: number] | null;
  readonly limit: number | null;
  readonly status: MonitorStatus;
  /** On the right, in words: `0.31, limit 0.1 ✕ breach`. */
  readonly says: string;
}

/** In pixels. */
export const barChartHeight = (bars: readonly Bar[]): number => Math.max(1, bars.length) * ROW;

/** Horizontal bars, each with its limit and its interval; all on one scale that holds 0. @param widest end of the scale where nothing is beyond */
export function barChart(bars: readonly Bar[], widest = 0): Html {
  const numbers = bars.flatMap(({ value, interval, limit }) => [value, ...(interval ?? []), ...(limit === null ? [] : [limit])]);
  const lowest = Math.min(0, ...numbers);
  const highest = Math.max(widest, lowest, ...numbers);
  const across = (value: number): number => round(99 * (highest > lowest ? scale(lowest, highest)(value) : 0) + 0.5);
  return html`${bars.map(({ label, value, interval, limit, status, says }, index) => {
    const top = index * ROW;
    const [from, to] = [across(Math.min(0, value)), across(Math.max(0, value))];
    const whisker =
      interval === null
        ? NOTHING
        : html`<line
            class="whisker"
            x1="${across(interval[0])}%"
            x2="${across(interval[1])}%"
            y1="${top + 26}"
            y2="${top + 26}"
          />`;
    const at = limit === null ? 0 : across(limit);
    const mark = limit === null ? NOTHING : html`<line class="mark" x1="${at}%" x2="${at}%" y1="${top + 17}" y2="${top + 35}" />`;
    return html`<text class="strong" x="0" y="${top + 13}">${label}</text
      ><text x="100%" y="${top + 13}" text-anchor="end">${says}</text>
      <rect class="track" x="0.5%" y="${top + 20}" width="99%" /><rect
        class="bar ${status}"
        x="${from}%"
        y="${top + 20}"
        width="${round(Math.max(0.3, to - from))}%"
      />${whisker}${mark}`;
  })}`;
}
