import type { MonitorStatus } from '../../types/index.ts';
import { html, type Html } from '../page/html.ts';
import { round } from './axis.ts';

/** A shape each: colour is never the only sign. */
const SHAPES: Readonly<Record<MonitorStatus, string>> = {
  ok: 'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0',
  warn: 'M0-5 5 4H-5z',
  breach: 'M-4.5-4.5h9v9h-9z',
  insufficient: 'M0-4 4 0 0 4-4 0z',
};

export const MARK_LEGEND = 'a circle is ok, a triangle a warning, a square a breach, a diamond too little seen.';

/** @param across 0–1 of the width @param y in pixels */
export const statusMark = (status: MonitorStatus, across: number, y: number): Html =>
  html`<svg x="${round(100 * across)}%" y="${round(y)}" overflow="visible">
    <path class="m ${status}" d="${SHAPES[status]}" />
  </svg>`;
