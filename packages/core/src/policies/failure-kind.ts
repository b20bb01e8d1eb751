import { type ErrorCode, readProperty as read } from '../errors/index.ts';
import type { FailureKind } from '../types/index.ts';
import { causeCodeOf, codesOf, holdersOf, isExhausted, ownErrorOf, statusOf } from './classify.ts';

const KINDS: ReadonlySet<unknown> = new Set<FailureKind>([
  'timeout',
  'connection',
  'overloaded',
  'rate-limited',
  'quota-exhausted',
  'context-length',
  'content-filtered',
  'refused',
  'auth',
  'not-found',
  'invalid-request',
  'invalid-output',
  'stream-cut',
]);

/** Errors of ours that are of one kind, whatever they hold. */
const OF_CODE: { readonly [C in ErrorCode]?: FailureKind } = {
  ANSWER_REFUSED: 'refused',
  BUDGET_EXHAUSTED: 'quota-exhausted',
  CONCURRENCY_LIMIT: 'overloaded',
  GUARD_BLOCKED: 'content-filtered',
  INPUT_INVALID: 'invalid-request',
  KEY_REJECTED: 'auth',
  OUTPUT_INVALID: 'invalid-output',
  RATE_LIMITED: 'rate-limited',
  RESPONSE_INVALID: 'invalid-output',
  THROTTLED: 'rate-limited',
  TIMEOUT: 'timeout',
};

/** Codes and types of vendors (OpenAI, Azure, Anthropic, Mistral, vLLM) that say more than their status. */
const OF_VENDOR: Readonly<Record<string, FailureKind>> = {
  context_length_exceeded: 'context-length',
  string_above_max_length: 'context-length',
  request_too_large: 'context-length',
  content_filter: 'content-filtered',
  content_policy_violation: 'content-filtered',
  ResponsibleAIPolicyViolation: 'content-filtered',
  invalid_api_key: 'auth',
  authentication_error: 'auth',
  permission_error: 'auth',
  rate_limit_error: 'rate-limited',
  rate_limit_exceeded: 'rate-limited',
  overloaded_error: 'overloaded',
  timeout_error: 'timeout',
  model_not_found: 'not-found',
  not_found_error: 'not-found',
  invalid_request_error: 'invalid-request',
};

/** Sockets that were refused or lost, names that are not found, certificates: below HTTP. */
const TIMED_OUT: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** What went wrong, from status, code and type of what was thrown. */
export function failureKind(error: unknown): FailureKind {
  const own = ownErrorOf(error);
  const said = read(own?.details, 'kind');
  if (KINDS.has(said)) return said as FailureKind;
  const ofCode = own === undefined ? undefined : OF_CODE[own.code];
  if (ofCode !== undefined) return ofCode;
  if (isExhausted(error)) return 'quota-exhausted';
  const codes = codesOf(error);
  // The most exact first: `invalid_request_error` is the type of nearly everything.
  const named = codes.map((code) => (Object.hasOwn(OF_VENDOR, code) ? OF_VENDOR[code] : undefined));
  const exact = named.find((kind) => kind !== undefined && kind !== 'invalid-request');
  if (exact !== undefined) return exact;
  const status = statusOf(error);
  if (status !== undefined) {
    if (status === 403 && isFlagged(error)) return 'content-filtered';
    const kind = ofStatus(status);
    return kind === 'unknown' && own?.code === 'STREAM_CUT' ? 'stream-cut' : kind;
  }
  if (named.includes('invalid-request')) return 'invalid-request';
  // After what the stream itself said of its failure.
  if (own?.code === 'STREAM_CUT') return 'stream-cut';
  const cause = causeCodeOf(error);
  if (cause !== undefined) return TIMED_OUT.has(cause) ? 'timeout' : 'connection';
  const name = read(error, 'name');
  if (name === 'TimeoutError') return 'timeout';
  return own?.code === 'PREDICTOR_FAILED' && own.retryable ? 'connection' : 'unknown';
}

/** Whether the endpoint rejects the key, or its quota is used up: another key may do. */
export function isKeyRejected(error: unknown): boolean {
  const kind = failureKind(error);
  return kind === 'auth' || kind === 'quota-exhausted';
}

/** OpenRouter answers 403 for an input that moderation flags: no key is at fault (openrouter.ai/docs/api-reference/errors). */
export const isFlagged = (error: unknown): boolean =>
  holdersOf(error).some((holder) => read(read(holder, 'metadata'), 'flagged_input') !== undefined);

function ofStatus(status: number): FailureKind {
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'quota-exhausted';
  if (status === 404) return 'not-found';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 413) return 'context-length';
  if (status === 429) return 'rate-limited';
  if (status === 503 || status === 529) return 'overloaded';
  return status >= 400 && status < 500 ? 'invalid-request' : 'unknown';
}
