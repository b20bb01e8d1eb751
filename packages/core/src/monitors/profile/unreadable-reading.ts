import type { MonitorReading } from '../../types/index.ts';

/** Warns of inputs that threw when their fields were read, in this process since it started; nothing without one. */
export function unreadableReading(n: number): MonitorReading[] {
  if (n === 0) return [];
  const reason = `${n} decisions had a getter that threw: their fields are not counted.`;
  return [{ measure: 'unreadable', n, value: n, interval: null, limit: null, status: 'warn', reason }];
}
