import { html, type Html } from '../page/html.ts';
import type { PageFormat } from '../page/page-format.ts';

/*
 * Charts are as wide as the page and keep the size of their text: across, everything is in per cent of the width, and paths, which
 * know no per cent, are in an inner drawing of 1000 units that is stretched.
 */

/** Units across of what is stretched. */
export const UNITS = 1000;
/** Where time begins and ends, as parts of the width: the same in every chart, so that they can be compared. Left of it are the numbers of the scale. */
const [START, END] = [0.09, 0.98];

/** To a tenth: enough for a pixel. */
export const round = (value: number): number => Math.round(value * 10) / 10;

/** Maps `from`..`to` onto 0..1, values outside onto the ends; a range without extent onto the middle. */
export const scale =
  (from: number, to: number) =>
  (value: number): number =>
    to > from ? Math.min(1, Math.max(0, (value - from) / (to - from))) : 0.5;

/** Maps a time onto a part of the width. */
export const timeScale = ({ from, to }: { readonly from: number; readonly to: number }): ((at: number) => number) => {
  const across = scale(from, to);
  return (at) => START + (END - START) * across(at);
};

/** A path that is stretched over the width, between `top` and `top + height` pixels. */
export const stretched = (top: number, height: number, paths: Html): Html =>
  html`<svg x="0" y="${top}" width="100%" height="${height}" viewBox="0 0 ${UNITS} ${height}" preserveAspectRatio="none">
    ${paths}
  </svg>`;

/** Upright columns in a row of so many pixels, as a path: each from its left end, as wide as `width`, and so much of the row high. */
export const columns = (
  height: number,
  bars: readonly { readonly x: number; readonly width: number; readonly part: number }[],
): string =>
  bars
    .filter(({ part }) => part > 0)
    .map(({ x, width, part }) => `M${round(x)} ${height}v${-round(Math.max(1.5, height * part))}h${round(width)}V${height}z`)
    .join('');

/** Three to six round numbers across a range, the first at or above its start. */
export function ticks(from: number, to: number): number[] {
  const rough = (to - from) / 4;
  if (!(rough > 0 && rough < Infinity)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.min(first + 6, Math.floor(to / step + 1e-9));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Start, middle and end of a span of time, at `y`. */
export function timeAxis({ from, to }: { readonly from: number; readonly to: number }, y: number, page: PageFormat): Html {
  const label = (share: number): string => page.tick(from + share * (to - from), to - from);
  const middle =
    to > from ? html`<text x="${round(50 * (START + END))}%" y="${y}" text-anchor="middle">${label(0.5)}</text>` : '';
  const end = to > from ? html`<text x="100%" y="${y}" text-anchor="end">${label(1)}</text>` : '';
  return html`<text x="${100 * START}%" y="${y}">${label(0)}</text>${middle}${end}`;
}
