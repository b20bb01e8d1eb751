import { UnderstudyError } from '../errors/index.ts';
import type { Classify, ResultClass } from '../spec/index.ts';
import { type HeaderSource, retryAfterMs } from './retry-after.ts';

type ErrorClass = Exclude<ResultClass, 'ok' | 'slow' | 'rejected'>;

/** Codes under a 429 or 402 that another try cannot mend: the money or the quota is gone (OpenAI, Anthropic). */
const EXHAUSTED: ReadonlySet<unknown> = new Set([
  'insufficient_quota',
  'enforced_spend_limit_reached',
  'billing_hard_limit_reached',
]);
/** 4xx that say "not now" rather than "not so". */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425]);

/** Reads one property of whatever was thrown; a getter that throws, or a revoked proxy, reads as `undefined`. */
function read(error: unknown, name: string): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  try {
    return Reflect.get(error, name);
  } catch {
    return undefined;
  }
}

/** Where vendors put status, code and type: on the error, in the details of ours, in the response, or in the parsed body. */
function holdersOf(error: unknown): readonly unknown[] {
  const body = read(error, 'error');
  const inner = read(body, 'error');
  return [error, read(error, 'details'), read(error, 'response'), body, inner, read(inner, 'details')];
}

/** The first value under one of the names that fits. Loops, for `flatMap` took a fifth of a failed call. */
function find<T>(holders: readonly unknown[], names: readonly string[], fits: (value: unknown) => value is T): T | undefined {
  for (const holder of holders) {
    for (const name of names) {
      const value = read(holder, name);
      if (fits(value)) return value;
    }
  }
  return undefined;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isExhausted = (value: unknown): value is string => EXHAUSTED.has(value);

/**
 * The result class of what a predictor threw: by status, code and type, never by words of the message. What has no status
 * (a lost connection, a bug) is `failed`.
 */
export function classifyError(error: unknown, custom: Classify | undefined): ErrorClass {
  const chosen = custom?.(error);
  if (chosen !== undefined) return chosen;
  const holders = holdersOf(error);
  const status = find(holders, ['status', 'statusCode'], isNumber);
  if (find(holders, ['code', 'type', 'error_code'], isExhausted) !== undefined) return 'caller-error';
  if (status === 429) return 'throttled';
  return status !== undefined && status >= 400 && status < 500 && !PASSING.has(status) ? 'caller-error' : 'failed';
}

/** How long the other side asked to wait, from our own errors' details or from the headers on an SDK's error. */
export function retryAfterOf(error: unknown, wallNow: number): number | undefined {
  if (UnderstudyError.is(error)) return error.details.retryAfterMs;
  const headers = read(error, 'headers') ?? read(read(error, 'response'), 'headers');
  if (headers === undefined) return undefined;
  if (typeof read(headers, 'get') === 'function') return retryAfterMs(headers as HeaderSource, wallNow);
  return retryAfterMs({ get: (name) => headerText(read(headers, name)) }, wallNow);
}

function headerText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
