import { html, type Html } from '../page/html.ts';
import type { PageSetting } from '../page/page-setting.ts';

/*
 * Charts are as wide as the page and keep the size of their text: across, everything is in per cent of the width, and paths, which
 * know no per cent, are in an inner drawing of 1000 units that is stretched.
 */

/** Units across of what is stretched. */
export const UNITS = 1000;

/** To a tenth: enough for a pixel. */
export const round = (value: number): number => Math.round(value * 10) / 10;

/** Maps `from`..`to` onto 0..1, values outside onto the ends; a range without extent onto the middle. */
export const scale =
  (from: number, to: number) =>
  (value: number): number =>
    to > from ? Math.min(1, Math.max(0, (value - from) / (to - from))) : 0.5;

/** A path that is stretched over the width, between `top` and `top + height` pixels. */
export const stretched = (top: number, height: number, paths: Html): Html =>
  html`<svg x="0" y="${top}" width="100%" height="${height}" viewBox="0 0 ${UNITS} ${height}" preserveAspectRatio="none">
    ${paths}
  </svg>`;

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

/** Start, middle and end of a span of time, at `y`. @param left where it starts: a part of the width */
export function timeAxis(from: number, to: number, y: number, page: PageSetting, left = 0): Html {
  const label = (share: number): string => page.tick(from + share * (to - from), to - from);
  const middle = to > from ? html`<text x="${round(50 * (1 + left))}%" y="${y}" text-anchor="middle">${label(0.5)}</text>` : '';
  const end = to > from ? html`<text x="100%" y="${y}" text-anchor="end">${label(1)}</text>` : '';
  return html`<text x="${round(100 * left)}%" y="${y}">${label(0)}</text>${middle}${end}`;
}
