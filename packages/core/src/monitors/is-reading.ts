import type { MonitorReading } from '../spec/index.ts';

const STATUSES: ReadonlySet<unknown> = new Set(['ok', 'warn', 'breach', 'insufficient']);

/** Whether a value, which may come from a monitor of the user's, is a reading. */
export function isReading(value: unknown): value is MonitorReading {
  if (typeof value !== 'object' || value === null) return false;
  const reading = value as { readonly [K in keyof MonitorReading]?: unknown };
  const isText = (text: unknown): boolean => text === undefined || typeof text === 'string';
  const isFigure = (figure: unknown): boolean => figure === null || typeof figure === 'number';
  return (
    typeof reading.measure === 'string' &&
    isText(reading.field) &&
    isText(reading.segment) &&
    typeof reading.n === 'number' &&
    isFigure(reading.value) &&
    isFigure(reading.limit) &&
    (reading.interval === null || Array.isArray(reading.interval)) &&
    STATUSES.has(reading.status) &&
    typeof reading.reason === 'string'
  );
}
