/** Anything that answers header names: `Headers`, or the headers of an SDK's error. */
export interface HeaderSource {
  get(name: string): string | null | undefined;
}

/** Longer waits than this are a server's mistake, or a date of a broken clock: a day. */
const LONGEST_MS = 86_400_000;

/**
 * How long a response asks its client to wait, in milliseconds: `retry-after-ms`, or `retry-after` in seconds or as a date
 * (RFC 9110, 10.2.3). `undefined` when it asks nothing that can be understood.
 *
 * @param wallNow milliseconds since the Unix epoch
 */
export function retryAfterMs(headers: HeaderSource, wallNow: number): number | undefined {
  const exact = decimal(headers.get('retry-after-ms'));
  if (exact !== undefined) return within(exact);
  const value = headers.get('retry-after');
  const seconds = decimal(value);
  if (seconds !== undefined) return within(seconds * 1000);
  // An HTTP date starts with the day's name; `Date.parse` alone reads much else as a date, "-3" for one.
  const date = value !== null && value !== undefined && /^\s*[A-Z][a-z]/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : within(date - wallNow);
}

function decimal(value: string | null | undefined): number | undefined {
  return value !== null && value !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

function within(ms: number): number {
  return Math.min(LONGEST_MS, Math.max(0, ms));
}
