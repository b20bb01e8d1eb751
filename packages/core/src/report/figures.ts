/** Keeps a unit on the line of its number. */
const NBSP = '\u00A0';
/** What stands where there is no number. */
export const NONE = '–';

/** To three digits: `0.742`, `12,300`. */
export function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return value.toExponential(1);
  return size >= 1000 ? count(value) : String(Number(value.toPrecision(3)));
}

/** A count: `12,300`. */
export const count = (value: number): string =>
  Math.abs(value) < 1e15 ? Math.round(value).toLocaleString('en') : value.toExponential(1);

/** A share: `97.3 %`. What is short of everything or over nothing never rounds to it. */
export function percent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NONE;
  const shown = 100 * share;
  const digits = [1, 2, 3].find((places) => Number(shown.toFixed(places)) !== 100 && Number(shown.toFixed(places)) !== 0);
  if (shown === 100 || shown === 0) return `${shown}${NBSP}%`;
  return digits === undefined
    ? shown > 50
      ? `> 99.999${NBSP}%`
      : `< 0.001${NBSP}%`
    : `${Number(shown.toFixed(digits))}${NBSP}%`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** Shorter times are told as shorter than this: clocks and histograms know no better. In milliseconds. */
export const SHORTEST_MS = 0.01;

/** `< 0.01 ms`, `850 ms`, `3.2 s`, `4.5 min`, `12 h`, `9 d`. */
export function duration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return NONE;
  if (ms < SHORTEST_MS) return `< ${SHORTEST_MS}${NBSP}ms`;
  const [name, size] = UNITS.find(([, unit]) => ms >= unit) ?? ['ms', 1];
  const value = ms / size;
  return `${value < 10 ? Number(value.toPrecision(2)) : count(value)}${NBSP}${name}`;
}

/** `within 12 ms`. */
export const within = (ms: number | null): string => `within ${duration(ms).replace('< ', '')}`;

/** `0.71 to 0.77`. */
export const interval = (
  bounds: readonly [lower: number, upper: number] | null,
  format: (value: number) => string = figure,
): string => (bounds === null ? NONE : `${format(bounds[0])} to ${format(bounds[1])}`);

/** An e-value from its natural logarithm: `14.2`, `3.1e+8`. */
export function eValue(log: number | null): string {
  if (log === null || !Number.isFinite(log)) return NONE;
  return Math.abs(log) < 700 ? figure(Math.exp(log)) : `10^${Math.round(log / Math.LN10)}`;
}

/** `ana`, `ana and bo`, `ana, bo and 3 others`. */
export function listed(names: readonly string[]): string {
  if (names.length > 4) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} others`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
