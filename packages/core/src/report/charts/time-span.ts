import { html, type Html } from '../page/html.ts';
import type { ModelReport } from '../report-data.ts';
import { round, timeScale, UNITS } from './axis.ts';

/** Beyond so many, the newest are marked. */
const MAX_ONSETS = 20;

/** What all charts over time share. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
  readonly pauses: ModelReport['pauses'];
  /** When a monitor went into breach: oldest first. */
  readonly onsets: readonly number[];
}

/** From the first to the last that is known of a model. @param at when the report holds */
export function spanOf({ traffic: { bins, binMs }, monitors, rollout, pauses }: ModelReport, at: number | null): TimeSpan {
  const changes = monitors.items.flatMap((monitor) => monitor.changes.items);
  // In order: the first and the last of each series are all that matters.
  const points = monitors.items.flatMap(({ history }) =>
    history.flatMap((series) => [...series.points.slice(0, 1), ...series.points.slice(-1)]),
  );
  const others = [...changes, ...points, ...(rollout?.transitions.items ?? [])].map((item) => item.at);
  const times = [...bins.flatMap((bin) => [bin.at, bin.at + binMs]), ...others];
  const [from, to] = times.length === 0 ? [at ?? 0, at ?? 0] : [Math.min(...times), Math.max(...times)];
  const onsets = changes.filter(({ status }) => status === 'breach').map((change) => change.at);
  return { from, to, pauses, onsets: onsets.sort((a, b) => a - b).slice(-MAX_ONSETS) };
}

/** Wide enough for other times too. */
export const including = (span: TimeSpan, times: readonly number[]): TimeSpan => ({
  ...span,
  from: Math.min(span.from, ...times),
  to: Math.max(span.to, ...times),
});

/** Pauses as shades, and breaches as upright lines, behind what is drawn. */
export function backdrop(span: TimeSpan, height: number): Html {
  const across = timeScale(span);
  const x = (at: number): number => round(UNITS * across(at));
  const shades = span.pauses.map(({ from, to }) => `M${x(from)} 0H${x(to ?? span.to)}V${height}H${x(from)}z`).join('');
  const lines = span.onsets.map((at) => `M${x(at)} 0V${height}`).join('');
  return html`<path class="pause" d="${shades}" /><path class="onset" d="${lines}" />`;
}

/** What {@link backdrop} draws, in words; nothing where it draws nothing. */
export const backdropLegend = ({ pauses, onsets }: TimeSpan): string =>
  (pauses.length === 0 ? '' : ' Shaded: paused, no model serves.') +
  (onsets.length === 0 ? '' : ' Upright lines: a monitor goes into breach.');
