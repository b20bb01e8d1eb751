import type { CallReport, EndpointLimit } from '../types/index.ts';

type Limits = NonNullable<CallReport['limits']>;
type Told = Pick<Headers, 'get'>;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/**
 * What an endpoint says of its limits: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` of OpenAI and those that answer like it (resets are
 * durations: "6m0s", "12ms", or seconds), and `anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}` (resets are RFC 3339 times).
 * Azure's −1 says nothing.
 *
 * @param wallNow milliseconds since the Unix epoch
 * @returns `undefined` where it says nothing
 */
export function endpointLimits(headers: Told, wallNow: number): Limits | undefined {
  const requests = openaiLimit(headers, 'requests') ?? anthropicLimit(headers, 'requests', wallNow);
  const tokens =
    openaiLimit(headers, 'tokens') ??
    anthropicLimit(headers, 'tokens', wallNow) ??
    anthropicLimit(headers, 'input-tokens', wallNow);
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests === undefined ? {} : { requests }), ...(tokens === undefined ? {} : { tokens }) };
}

function openaiLimit(headers: Told, of: string): EndpointLimit | undefined {
  const read = (what: string): string | null => headers.get(`x-ratelimit-${what}-${of}`);
  return limit(count(read('limit')), count(read('remaining')), durationMs(read('reset')));
}

function anthropicLimit(headers: Told, of: string, wallNow: number): EndpointLimit | undefined {
  const read = (what: string): string | null => headers.get(`anthropic-ratelimit-${of}-${what}`);
  const at = Date.parse(read('reset') ?? '');
  return limit(count(read('limit')), count(read('remaining')), Number.isNaN(at) ? undefined : Math.max(0, at - wallNow));
}

function limit(most: number | undefined, remaining: number | undefined, resetMs: number | undefined): EndpointLimit | undefined {
  if (most === undefined && remaining === undefined) return undefined;
  return {
    ...(most === undefined ? {} : { limit: most }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetMs === undefined ? {} : { resetMs }),
  };
}

function count(value: string | null): number | undefined {
  return value !== null && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : undefined;
}

/** Milliseconds of "1h2m3.5s", "6m0s", "12ms", or of plain seconds. */
function durationMs(value: string | null): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,7}(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (text.length > 40 || !DURATION.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(PART)) ms += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return Math.round(ms);
}
