import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { Empty } from './small.tsx';

export interface Line {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A custom property of the style: `--c1`. */
  readonly colour: string;
  readonly dash?: readonly number[];
  /** Fills down to zero. */
  readonly isArea?: boolean;
  /** Whether it is a limit: thin, and not told among the latest values. */
  readonly isLimit?: boolean;
  /** Whether the legend leaves it out. */
  readonly isQuiet?: boolean;
}

interface Props {
  readonly title: string;
  readonly note?: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** Lower and upper lines of a band behind the line before them, by their indices in `lines`. */
  readonly band?: readonly [upper: number, lower: number];
  readonly min?: number;
  readonly max?: number;
  readonly height?: number;
}

const COLOURS = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6'];
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [9, 3, 2, 3], [12, 4], [4, 2]];
/** One of several lines, which differ by colour and by dash. */
export const lineOf = (label: string, values: Line['values'], index: number): Line => ({
  label,
  values,
  colour: COLOURS[index % COLOURS.length] ?? '--c1',
  dash: DASHES[index % DASHES.length] ?? [],
});

/** Changes when the theme does: canvases are painted anew. */
function useTheme(): string {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const [theme, setTheme] = useState(query.matches ? 'dark' : 'light');
  useEffect(() => {
    const changed = (): void => setTheme(query.matches ? 'dark' : 'light');
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, [query]);
  return theme;
}

const lastOf = (values: readonly (number | null)[]): number | null => values.findLast((value) => value !== null) ?? null;

/** Lines over time. Its words say the latest values, which a canvas cannot. */
export function Chart({ title, note, at, lines, format, band, min, max, height = 168 }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const theme = useTheme();
  const [hovered, setHovered] = useState<number | null>(null);
  const shape = JSON.stringify([
    lines.map(({ label, colour, dash, isArea }) => [label, colour, dash, isArea]),
    min,
    max,
    band,
    height,
    theme,
  ]);
  const data = [at.map((time) => time / 1000), ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const isEmpty = at.length < 2 || lines.every(({ values }) => lastOf(values) === null);

  useEffect(() => {
    const element = holder.current;
    if (element === null || isEmpty) return undefined;
    const style = getComputedStyle(element);
    const colourOf = (name: string): string => style.getPropertyValue(name).trim();
    const [soft, line] = [colourOf('--soft'), colourOf('--line')];
    const font = '11px system-ui, sans-serif';
    const axis = { stroke: soft, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height,
        padding: [8, 18, 0, 0],
        legend: { show: false },
        cursor: { points: { size: 6 }, drag: { x: false, y: false } },
        scales: {
          y: {
            range: (_, low, high) => {
              const [from, to] = [Math.min(min ?? low, low), Math.max(max ?? high, high)];
              const room = to > from ? (to - from) * 0.06 : Math.abs(to) * 0.1 || 1;
              return [min !== undefined && from >= min ? min : from - room, to + room];
            },
          },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 24,
            space: 70,
            values: (_, splits, __, ___, step) => splits.map((second) => timeLabel(second * 1000, step)),
          },
          { ...axis, size: 58, space: 28, values: (_, splits) => splits.map((value) => format(value)) },
        ],
        series: [
          {},
          ...lines.map(({ label, colour, dash, isArea, isLimit }) => ({
            label,
            stroke: colourOf(colour),
            width: isLimit === true ? 1.25 : 1.75,
            spanGaps: false,
            points: { show: false },
            ...(dash === undefined || dash.length === 0 ? {} : { dash: [...dash] }),
            ...(isArea === true ? { fill: `color-mix(in srgb, ${colourOf(colour)} 14%, transparent)` } : {}),
          })),
        ],
        ...(band === undefined
          ? {}
          : {
              bands: [
                {
                  series: [band[0] + 1, band[1] + 1] as [number, number],
                  fill: `color-mix(in srgb, ${colourOf('--c1')} 14%, transparent)`,
                },
              ],
            }),
        hooks: { setCursor: [(self) => setHovered(self.cursor.idx ?? null)] },
      },
      data,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // The data follow below.
  }, [shape, isEmpty]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [at, lines]);

  const shown = lines.filter(({ isLimit }) => isLimit !== true);
  const words = shown.map(({ label, values }) => `${label} ${valueWords(lastOf(values), format)}`).join(', ');
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        {note === undefined ? null : <span class="soft">{note}</span>}
      </figcaption>
      {isEmpty ? (
        <Empty title="Nothing to draw yet">
          <p>A point is taken every 10 s while calls come in or somebody looks.</p>
        </Empty>
      ) : (
        <>
          <div
            ref={holder}
            class="plot"
            role="img"
            aria-label={`${title}. Latest: ${words}.`}
            style={{ height: `${height}px` }}
          />
          <ul class="legend" aria-hidden="true">
            {lines
              .filter(({ isQuiet }) => isQuiet !== true)
              .map(({ label, values, colour, dash }) => (
                <li key={label}>
                  <svg viewBox="0 0 22 4" class="swatch">
                    <line
                      x1="0"
                      y1="2"
                      x2="22"
                      y2="2"
                      style={{ stroke: `var(${colour})` }}
                      stroke-width="2.5"
                      stroke-dasharray={(dash ?? []).join(' ')}
                    />
                  </svg>
                  {label} <b>{valueWords(hovered === null ? lastOf(values) : (values[hovered] ?? null), format)}</b>
                </li>
              ))}
            {hovered === null || at[hovered] === undefined ? null : (
              <li class="soft">{new Date(at[hovered]).toLocaleString('en-GB')}</li>
            )}
          </ul>
        </>
      )}
    </figure>
  );
}

const valueWords = (value: number | null, format: (value: number) => string): string => (value === null ? '–' : format(value));

function timeLabel(at: number, stepSeconds: number): string {
  const date = new Date(at);
  if (stepSeconds >= 86_400) return date.toLocaleDateString('en-GB', { day: '2-digit', month: 'short' });
  return date.toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(stepSeconds < 60 ? { second: '2-digit' } : {}),
  });
}

/** Change of a counter from point to point, per second. */
export function perSecond(at: readonly number[], values: readonly (number | null)[] | undefined): (number | null)[] {
  return at.map((time, index) => {
    const [now, before, then] = [values?.[index], values?.[index - 1], at[index - 1]];
    if (now === null || now === undefined || before === null || before === undefined || then === undefined) return null;
    // A counter that falls was begun anew.
    return time > then && now >= before ? ((now - before) * 1000) / (time - then) : null;
  });
}
