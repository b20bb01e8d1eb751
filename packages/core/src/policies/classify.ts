import { type ErrorCode, readProperty as read, UnderstudyError } from '../errors/index.ts';
import type { Classify, ResultClass } from '../types/index.ts';
import { atOnce, retryAfterMs } from '../time/index.ts';

type ErrorClass = Exclude<ResultClass, 'ok' | 'slow' | 'rejected'>;

const CLASSES: ReadonlySet<unknown> = new Set<ErrorClass>(['failed', 'throttled', 'caller-error', 'cancelled']);

/** Codes under a 429 or 402 that another try cannot mend: the money or the quota is gone (OpenAI, Anthropic). */
const EXHAUSTED: ReadonlySet<unknown> = new Set([
  'insufficient_quota',
  'enforced_spend_limit_reached',
  'billing_hard_limit_reached',
]);
/** 4xx that say "not now" rather than "not so". */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425]);
/** Errors of ours that no other try and no other moment can mend: the input, the program or the owner is at fault, not the endpoint; or a model said no. */
const OWN_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ANSWER_REFUSED',
  'BUDGET_EXHAUSTED',
  'CLOSED',
  'CONFIGURATION_INVALID',
  'DUPLICATE_MODEL',
  'FORBIDDEN',
  'GUARD_BLOCKED',
  'INPUT_INVALID',
  'KEY_REJECTED',
  'OUTCOME_INVALID',
  'PEER_MISSING',
  'POLICY_REJECTED',
  'RULES_INVALID',
  'UNKNOWN_VARIANT',
]);
/** What a policy of ours refuses further in, such as of a pool or of a guarded `fetch`: the endpoint was not asked, and may be later. */
const NOT_NOW: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CIRCUIT_OPEN', 'CONCURRENCY_LIMIT', 'RATE_LIMITED', 'THROTTLED']);
/** gRPC's codes (grpc/grpc, statuscodes.md) that are the caller's fault, and the one for "too many". Others are `failed`. */
const GRPC_CALLER_ERRORS: ReadonlySet<unknown> = new Set([3, 5, 6, 7, 9, 11, 12, 16]);
const GRPC_RESOURCE_EXHAUSTED = 8;
/** Codes of Node, undici and TLS: what failed below HTTP. Few, and no text of a server looks like one. */
const CAUSE_CODE =
  /^(?:E[A-Z]{2,14}|UND_ERR_[A-Z_]{2,30}|ERR_[A-Z0-9_]{2,40}|HPE_[A-Z_]{2,30}|CERT_[A-Z_]{2,30}|(?:UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)_[A-Z_]{2,40})$/;

/** Wrapped errors are followed this far: `cause`, and the last error of an SDK's own retries. */
const DEPTH = 4;

/** What was thrown, and what it wraps, the outermost first. */
function chainOf(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let inner = error; typeof inner === 'object' && inner !== null && chain.length < DEPTH && !chain.includes(inner);) {
    chain.push(inner);
    inner = read(inner, 'lastError') ?? read(inner, 'cause');
  }
  return chain;
}

/** The error of ours among what was thrown and what it wraps: clients wrap what a guarded `fetch` refuses with. */
export function ownErrorOf(error: unknown): UnderstudyError | undefined {
  return UnderstudyError.is(error) ? error : chainOf(error).find((link) => UnderstudyError.is(link));
}

/** Where vendors put status, code and type: on the error, in the details of ours, in the response, in AWS's metadata, or in the parsed body. */
export function holdersOf(error: unknown): readonly unknown[] {
  const holders: unknown[] = [];
  for (const link of chainOf(error)) {
    const body = read(link, 'error') ?? read(link, 'data');
    const inner = read(body, 'error');
    for (const holder of [
      link,
      read(link, 'details'),
      read(link, 'response'),
      read(link, '$metadata'),
      body,
      inner,
      read(inner, 'details'),
    ])
      if (typeof holder === 'object' && holder !== null) holders.push(holder);
  }
  return holders;
}

/** The first value under one of the names that reads as wanted. Loops, for `flatMap` took a fifth of a failed call. */
function find<T>(holders: readonly unknown[], names: readonly string[], as: (value: unknown) => T | undefined): T | undefined {
  for (const holder of holders) {
    for (const name of names) {
      const value = as(read(holder, name));
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

/** An HTTP status, also as a text. */
function asStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^[1-5]\d\d$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status < 600 ? status : undefined;
}
const asExhausted = (value: unknown): true | undefined => (EXHAUSTED.has(value) ? true : undefined);
const asCauseCode = (value: unknown): string | undefined =>
  typeof value === 'string' && CAUSE_CODE.test(value) ? value : undefined;

/** The code of a gRPC error: a small number beside the metadata or the details that such errors have. */
function grpcCodeOf(chain: readonly unknown[]): number | undefined {
  for (const link of chain) {
    const code = read(link, 'code');
    const isGrpc =
      ['metadata', 'rawMessage'].some((name) => read(link, name) !== undefined) || typeof read(link, 'details') === 'string';
    if (isGrpc && typeof code === 'number' && code > 0 && code <= 16) return code;
  }
  return undefined;
}

/** The HTTP status of what was thrown, wherever its vendor put it; `undefined` where it has none. */
export function statusOf(error: unknown): number | undefined {
  const holders = holdersOf(error);
  return find(holders, ['status', 'statusCode', 'httpStatusCode'], asStatus) ?? find(holders, ['code'], asStatus);
}

/** Whether money or quota is gone, so that another try cannot mend it: a code of a vendor's, or the status 402. */
export function isExhausted(error: unknown): boolean {
  return find(holdersOf(error), ['code', 'type', 'error_code'], asExhausted) === true;
}

/** What an error says of itself in codes and types, wherever its vendor put them; texts of at most 100 characters. */
export function codesOf(error: unknown): readonly string[] {
  const codes: string[] = [];
  for (const holder of holdersOf(error)) {
    for (const name of ['code', 'type', 'error_code']) {
      const value = read(holder, name);
      if (typeof value === 'string' && value.length <= 100) codes.push(value);
    }
  }
  return codes;
}

/** What failed below HTTP: `ECONNREFUSED`, `ENOTFOUND`, `UND_ERR_SOCKET`, `CERT_HAS_EXPIRED`, …; `undefined` where nothing of the kind is known. */
export function causeCodeOf(error: unknown): string | undefined {
  const chain = chainOf(error);
  // Node tries several addresses, and tells of all of them at once.
  const first = read(read(chain.at(-1), 'errors'), '0');
  return find([...chain, first], ['code'], asCauseCode);
}

/**
 * The result class of what a predictor threw: by status, code and type, never by words of the message. What has no status
 * (a lost connection, a bug) is `failed`.
 *
 * @param custom the user's classification; one that throws, or answers something else, is told to `fault` and decides nothing
 */
export function classifyError(
  error: unknown,
  custom: Classify | undefined,
  fault?: (where: string, error: unknown) => void,
): ErrorClass {
  if (custom !== undefined) {
    try {
      const chosen = atOnce(custom(error));
      if (CLASSES.has(chosen)) return chosen as ErrorClass;
      if (chosen !== undefined) fault?.('classify', new TypeError('It answered something that is no result class.'));
    } catch (thrown) {
      fault?.('classify', thrown);
    }
  }
  const own = ownErrorOf(error);
  if (own !== undefined) {
    if (OWN_FAULTS.has(own.code) || (own.code === 'NOTHING_SERVED' && read(own, 'retryable') !== true)) return 'caller-error';
    if (NOT_NOW.has(own.code)) return 'throttled';
  }
  const holders = holdersOf(error);
  if (find(holders, ['code', 'type', 'error_code'], asExhausted) === true) return 'caller-error';
  const status = statusOf(error);
  if (status === 429) return 'throttled';
  // A redirect that is not followed is a wrong address: another try gets the same answer.
  if (status === undefined && own?.code === 'HTTP_STATUS') return 'caller-error';
  if (status !== undefined) return status >= 300 && status < 500 && !PASSING.has(status) ? 'caller-error' : 'failed';
  const grpc = grpcCodeOf(chainOf(error));
  if (grpc === GRPC_RESOURCE_EXHAUSTED) return 'throttled';
  return GRPC_CALLER_ERRORS.has(grpc) ? 'caller-error' : 'failed';
}

/** Whether a policy of ours has refused, further in: it answers at once, so nobody need keep others from asking it. */
export const isLocalRefusal = (error: unknown): boolean => {
  const own = ownErrorOf(error);
  return own !== undefined && NOT_NOW.has(own.code);
};

/** How long the other side asked to wait, from our own errors' details or from the headers on an SDK's error. */
export function retryAfterOf(error: unknown, wallNow: number): number | undefined {
  for (const link of chainOf(error)) {
    if (UnderstudyError.is(link)) {
      const own = read(read(link, 'details'), 'retryAfterMs');
      if (typeof own === 'number' && own >= 0) return own;
    }
    for (const headers of [
      read(link, 'headers'),
      read(link, 'responseHeaders'),
      read(read(link, 'response'), 'headers'),
      read(read(link, '$response'), 'headers'),
      read(link, 'metadata'),
    ]) {
      const asked = retryAfterMs(headers, wallNow);
      if (asked !== undefined) return asked;
    }
  }
  return undefined;
}
