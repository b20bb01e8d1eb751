import type { MonitorReading, MonitorStatus } from '../types/index.ts';
import type { ReadingSeries, ReportReading, SeriesPoint } from './report-data.ts';

/** A longer text is cut: names and reasons come from outside. */
const LONGEST = 400;

/** Beyond it is no date (ECMA-262, Time Values). In milliseconds. */
export const LAST_DATE = 8.64e15;

/** A finite number; what is none is `null`, as in JSON. */
export const finite = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/** A count or sum: 0 for what is no finite number. */
export const amount = (value: unknown): number => finite(value) ?? 0;

/** A text of bounded length; what is none is empty. */
export function text(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.length <= LONGEST ? value : `${value.slice(0, LONGEST - 1)}…`;
}

export const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? text(value) : null);

/** The first 50 names. */
export const names = (list: unknown): string[] => (Array.isArray(list) ? list.slice(0, 50).map(text) : []);

const STATUSES: readonly MonitorStatus[] = ['breach', 'warn', 'ok', 'insufficient'];

/** `insufficient` for what is none. */
export const monitorStatus = (value: unknown): MonitorStatus => STATUSES.find((known) => known === value) ?? 'insufficient';

/** Where a status stands among the others: the worst is 0. */
export const severity = (status: MonitorStatus): number => STATUSES.indexOf(status);

/** Whether a reading can be shown. */
export const isReading = (value: unknown): boolean => typeof value === 'object' && value !== null;

function interval(value: unknown): readonly [number, number] | null {
  if (!Array.isArray(value)) return null;
  const [lower, upper] = value.map(finite);
  return lower === null || lower === undefined || upper === null || upper === undefined ? null : [lower, upper];
}

export function plainReading(reading: MonitorReading): ReportReading {
  return {
    measure: text(reading.measure),
    field: textOrNull(reading.field),
    segment: textOrNull(reading.segment),
    n: amount(reading.n),
    value: finite(reading.value),
    interval: interval(reading.interval),
    limit: finite(reading.limit),
    status: monitorStatus(reading.status),
    reason: text(reading.reason),
  };
}

export function pointOf(at: number, { n, value, interval, limit, status }: ReportReading): SeriesPoint {
  return { at, n, value, interval, limit, status };
}

/** What tells the readings of a monitor apart. */
export const readingKey = ({ measure, field, segment }: Omit<ReadingSeries, 'points' | 'omitted'>): string =>
  JSON.stringify([measure, field, segment]);
