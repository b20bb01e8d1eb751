import { html, type Html } from '../page/html.ts';
import { round, stretched, UNITS } from './axis.ts';

const [TOP, HEIGHT, FOOT] = [24, 260, 40];
export const RELIABILITY_CHART_HEIGHT = TOP + HEIGHT + FOOT;
const LARGEST_DOT = 9;

/** Cases of similar predicted probability. */
export interface ReliabilityBin {
  /** Mean predicted probability, 0–1. */
  readonly predicted: number;
  /** Share that came true, 0–1. */
  readonly observed: number;
  readonly interval: readonly [lower: number, upper: number] | null;
  readonly n: number;
}

/** How often what was predicted came true, by bin, lowest first: on the diagonal where probabilities are right. The area of a dot is its share of cases. */
export function reliabilityChart(bins: readonly ReliabilityBin[]): Html {
  const max = Math.max(...bins.map(({ n }) => n));
  const across = (share: number): number => 0.08 + 0.88 * Math.min(1, Math.max(0, share));
  const down = (share: number): number => HEIGHT * (1 - (0.04 + 0.92 * Math.min(1, Math.max(0, share))));
  const line = bins.map(({ predicted, observed }) => `${round(UNITS * across(predicted))} ${round(down(observed))}`).join('L');
  const grid = [0, 0.5, 1].map((share) => {
    const y = round(TOP + down(share));
    return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}" /><text x="0" y="${y - 3}">${share}</text>`;
  });
  const dots = bins.map(({ predicted, observed, interval, n }) => {
    const [lower, upper] = interval ?? [observed, observed];
    const x = round(100 * across(predicted));
    const radius = round(2 + (LARGEST_DOT - 2) * Math.sqrt(n / Math.max(1, max)));
    return html`<line
        class="whisker"
        x1="${x}%"
        x2="${x}%"
        y1="${round(TOP + down(lower))}"
        y2="${round(TOP + down(upper))}"
      /><circle class="dot" cx="${x}%" cy="${round(TOP + down(observed))}" r="${radius}" />`;
  });
  const diagonal = html`<path
    class="limit"
    d="M${UNITS * across(0)} ${round(down(0))}L${UNITS * across(1)} ${round(down(1))}"
  />`;
  const foot = TOP + HEIGHT + 14;
  return html`${grid}${stretched(TOP, HEIGHT, html`${diagonal}<path class="line" d="M${line}" />`)}${dots}
    <text x="8%" y="${foot}" text-anchor="middle">0</text><text x="52%" y="${foot}" text-anchor="middle">0.5</text
    ><text x="96%" y="${foot}" text-anchor="middle">1</text> <text x="50%" y="${foot + 17}" text-anchor="middle">predicted</text
    ><text class="strong" x="0" y="11">came true</text>`;
}
