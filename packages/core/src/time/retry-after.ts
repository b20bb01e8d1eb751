import { atOnce } from './settle-later.ts';

/** Longer waits than this are a server's mistake, or a date of a broken clock: a day. */
const LONGEST_MS = 86_400_000;

/**
 * How long a response asks its client to wait, in milliseconds: `retry-after-ms`, or `retry-after` in seconds or as a date
 * (RFC 9110, 10.2.3; its dates are in UTC, the one without a zone too), or gRPC's `grpc-retry-pushback-ms`. `undefined` when it
 * asks nothing that can be understood.
 *
 * @param headers anything that holds headers: `Headers`, a `Map`, gRPC metadata, a plain object in any case, as an SDK hangs them on its errors
 * @param wallNow milliseconds since the Unix epoch
 */
export function retryAfterMs(headers: unknown, wallNow: number): number | undefined {
  const read = readerOf(headers);
  if (read === undefined) return undefined;
  const exact = decimal(read('retry-after-ms')) ?? decimal(read('grpc-retry-pushback-ms'));
  if (exact !== undefined) return within(exact);
  const value = read('retry-after');
  const seconds = decimal(value);
  if (seconds !== undefined) return within(seconds * 1000);
  const date = value === undefined ? Number.NaN : httpDate(value);
  return Number.isNaN(date) ? undefined : within(date - wallNow);
}

/** Reads a header by its lower-case name, as a text; a source that throws says nothing. */
function readerOf(headers: unknown): ((name: string) => string | undefined) | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  return (name) => {
    try {
      const get: unknown = Reflect.get(headers, 'get');
      if (typeof get === 'function') return textOf(atOnce(get.call(headers, name)));
      const key = Object.keys(headers).find((own) => own.toLowerCase() === name);
      return key === undefined ? undefined : textOf(Reflect.get(headers, key));
    } catch {
      return undefined;
    }
  };
}

/** The first of several values of one header counts. */
function textOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : typeof first === 'number' ? String(first) : undefined;
}

/** An HTTP date starts with the day's name; `Date.parse` alone reads much else as a date, "-3" for one, and the form without a zone in local time. */
function httpDate(value: string): number {
  if (!/^\s*[A-Z][a-z]{2}/.test(value)) return Number.NaN;
  return Date.parse(/(GMT|UTC|[+-]\d{4})\s*$/.test(value) ? value : `${value} GMT`);
}

function decimal(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

function within(ms: number): number {
  return Math.min(LONGEST_MS, Math.max(0, ms));
}
