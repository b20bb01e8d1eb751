import type { Ending } from './calls.ts';
import { milliseconds } from './numbers.ts';
import type { PhaseRecord, Recording } from './recording.ts';
import type { PhaseSummary } from './summary.ts';
import { type Slice, timeline } from './timeline.ts';

const WIDTH = 912;
const LEFT = 96;
const SLICES = 120;
const STACK: readonly Ending[] = ['model', 'rules', 'impossible', 'none'];
const NAMES: Readonly<Record<Ending, string>> = {
  model: 'answered by the model',
  rules: 'answered by the rules',
  impossible: 'a number that is no probability',
  none: 'no answer',
};

const round = (value: number): string => String(Number(value.toFixed(1)));

/** The whole run from left to right: how the calls of each moment ended, and the circuit below. */
export function timelineChart({ phases, circuit, totalMs }: Recording): string {
  const x = (ms: number): number => LEFT + (WIDTH - LEFT) * Math.min(1, ms / totalMs);
  const height = 96;
  const rows = [
    { caller: 'bare', label: 'bare call', top: 28 },
    { caller: 'understudy', label: 'Understudy', top: 28 + height + 14 },
  ] as const;
  const circuitTop = 28 + 2 * (height + 14);
  const bottom = circuitTop + 10;
  return svg(
    bottom + 24,
    'How the calls ended over the run, bare and with Understudy',
    [
      ...phases.map((record) => phaseLine(record, x(record.startMs), bottom)),
      ...rows.map(({ caller, label, top }) => columns(timeline(phases, caller, totalMs, SLICES), label, top, height)),
      text(0, circuitTop + 9, 'circuit', 'strong'),
      ...circuitStrip(circuit, totalMs).map(
        ({ from, to, state }) =>
          `<rect x="${round(x(from))}" y="${circuitTop}" width="${round(Math.max(0.5, x(to) - x(from)))}" height="10" class="${state === 'closed' ? 'understudy' : state === 'open' ? 'none' : 'rules'}" stroke="none"/>`,
      ),
      text(LEFT, bottom + 18, '0 s'),
      text(WIDTH, bottom + 18, `${round(totalMs / 1000)} s`, '', 'end'),
    ].join(''),
  );
}

function phaseLine({ phase }: PhaseRecord, x: number, bottom: number): string {
  return `<line x1="${round(x)}" x2="${round(x)}" y1="4" y2="${bottom}" class="grid"/>${text(x + 5, 16, phase.name, 'strong')}`;
}

function columns(slices: readonly Slice[], label: string, top: number, height: number): string {
  const width = (WIDTH - LEFT) / SLICES;
  const calls = (slice: Slice): number => STACK.reduce((sum, ending) => sum + slice[ending], 0);
  const paths = STACK.map((ending, index) => {
    const below = STACK.slice(0, index);
    const boxes = slices.flatMap((slice, number) => {
      if (slice[ending] === 0) return [];
      const size = (slice[ending] / calls(slice)) * height;
      const base = (below.reduce((sum, other) => sum + slice[other], 0) / calls(slice)) * height;
      return `M${round(LEFT + number * width)} ${round(top + height - base)}v${round(-size)}h${round(width)}v${round(size)}z`;
    });
    return boxes.length === 0 ? '' : `<path class="${ending}" d="${boxes.join('')}"/>`;
  });
  const hovers = slices.map((slice, number) => {
    const told = STACK.filter((ending) => slice[ending] > 0).map((ending) => `${slice[ending]} ${NAMES[ending]}`);
    return `<rect class="hover" x="${round(LEFT + number * width)}" y="${top}" width="${round(width)}" height="${height}"><title>${told.join(', ')}</title></rect>`;
  });
  return `${text(0, top + height / 2 + 4, label, 'strong')}${paths.join('')}${hovers.join('')}`;
}

/** The states of the circuit, one after the other. */
function circuitStrip(changes: Recording['circuit'], totalMs: number): { from: number; to: number; state: string }[] {
  const starts = [{ atMs: 0, to: 'closed' }, ...changes];
  return starts.map(({ atMs, to }, index) => ({ from: atMs, to: starts[index + 1]?.atMs ?? totalMs, state: to }));
}

const FASTEST_MS = 0.1;
const SLOWEST_MS = 2000;

/** Median and 99th percentile of each phase on a logarithmic axis. */
export function latencyChart(phases: readonly PhaseSummary[]): string {
  const x = (ms: number): number =>
    LEFT + (WIDTH - LEFT - 40) * (Math.log(Math.max(FASTEST_MS, ms) / FASTEST_MS) / Math.log(SLOWEST_MS / FASTEST_MS));
  const pitch = 38;
  const bottom = phases.length * pitch + 8;
  const ticks = [0.1, 1, 10, 100, 1000].map(
    (ms) =>
      `<line x1="${round(x(ms))}" x2="${round(x(ms))}" y1="4" y2="${bottom}" class="grid"/>${text(x(ms), bottom + 16, ms < 1000 ? `${ms} ms` : '1 s', '', 'middle')}`,
  );
  const rows = phases.map(({ phase, bare, understudy }, index) => {
    const y = 22 + index * pitch;
    const lines = (
      [
        ['bare', bare, y - 7],
        ['understudy', understudy, y + 7],
      ] as const
    ).map(([caller, { p50, p99 }, at]) => {
      if (p50 === null || p99 === null) return '';
      return (
        `<g class="${caller}"><title>${caller === 'bare' ? 'bare call' : 'Understudy'}: half within ${milliseconds(p50)} ms, 99 % within ${milliseconds(p99)} ms</title>` +
        `<line x1="${round(x(p50))}" x2="${round(x(p99))}" y1="${at}" y2="${at}" stroke-width="2"/>` +
        `<circle cx="${round(x(p99))}" cy="${at}" r="4" class="ring"/><circle cx="${round(x(p50))}" cy="${at}" r="4.5"/></g>`
      );
    });
    return text(0, y + 4, phase, 'strong') + lines.join('');
  });
  return svg(bottom + 24, 'Time until an answer or an error, by phase', [...ticks, ...rows].join(''));
}

function svg(height: number, title: string, content: string): string {
  return `<div class="wide"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">${content}</svg></div>`;
}

function text(x: number, y: number, content: string, style = '', anchor = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}"${style === '' ? '' : ` class="${style}"`}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${content}</text>`;
}

/** What the colours of {@link timelineChart} mean. */
export const TIMELINE_LEGEND: readonly (readonly [style: string, meaning: string])[] = STACK.map((ending) => [
  ending,
  NAMES[ending],
]);
