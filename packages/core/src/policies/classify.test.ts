import { expect, test } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { causeCodeOf, classifyError, retryAfterOf } from './classify.ts';
import { retryAfterMs } from '../time/index.ts';

const status = (code: number, more: object = {}): object => Object.assign(new Error('x'), { status: code }, more);

test.each([
  [new Error('a bug'), 'failed'],
  ['a string', 'failed'],
  [null, 'failed'],
  [Object.freeze({}), 'failed'],
  [status(500), 'failed'],
  [status(503), 'failed'],
  [status(529), 'failed'],
  [status(408), 'failed'],
  [status(429), 'throttled'],
  [status(301), 'caller-error'],
  [status(308), 'caller-error'],
  [status(200), 'failed'],
  [status(400), 'caller-error'],
  [status(401), 'caller-error'],
  [status(402), 'caller-error'],
  [status(403), 'caller-error'],
  [status(404), 'caller-error'],
  [status(413), 'caller-error'],
  [status(422), 'caller-error'],
  [status(429, { code: 'insufficient_quota' }), 'caller-error'],
  [status(429, { error: { type: 'insufficient_quota' } }), 'caller-error'],
  [status(429, { error: { error: { details: { error_code: 'enforced_spend_limit_reached' } } } }), 'caller-error'],
  [{ statusCode: 429 }, 'throttled'],
  [{ response: { status: 404 } }, 'caller-error'],
  [new UnderstudyError('HTTP_STATUS', 'x', { details: { status: 429 } }), 'throttled'],
  [new UnderstudyError('HTTP_STATUS', 'A redirect that a browser hides.'), 'caller-error'],
  [new UnderstudyError('RESPONSE_INVALID', 'No JSON.'), 'failed'],
  [new UnderstudyError('ANSWER_REFUSED', 'No.'), 'caller-error'],
  [new UnderstudyError('STREAM_CUT', 'Half.', { retryable: true }), 'failed'],
  [new UnderstudyError('STREAM_CUT', 'Said so.', { details: { status: 429, type: 'rate_limit_error' } }), 'throttled'],
  [new Error('429 Too Many Requests'), 'failed'],
  [new Error('Connection error.', { cause: new UnderstudyError('CIRCUIT_OPEN', 'Open.', { retryable: true }) }), 'throttled'],
  [new UnderstudyError('RATE_LIMITED', 'Wait.', { retryable: true }), 'throttled'],
  [new UnderstudyError('CONCURRENCY_LIMIT', 'Full.', { retryable: true }), 'throttled'],
  [new UnderstudyError('BUDGET_EXHAUSTED', 'Spent.', { retryable: true }), 'caller-error'],
  [new UnderstudyError('KEY_REJECTED', 'Cooling.', { retryable: true }), 'caller-error'],
  [new UnderstudyError('POLICY_REJECTED', 'No.'), 'caller-error'],
  [new Error('Connection error.', { cause: new UnderstudyError('THROTTLED', 'Wait.', { retryable: true }) }), 'throttled'],
  [new Error('Connection error.', { cause: new UnderstudyError('GUARD_BLOCKED', 'No.') }), 'caller-error'],
] as const)('%o is %s', (error, expected) => {
  expect(classifyError(error, undefined)).toBe(expected);
});

test('an error whose properties cannot be read is failed', () => {
  const unreadable = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no');
      },
    },
  );
  expect(classifyError(unreadable, undefined)).toBe('failed');
});

test("a user's classification comes first", () => {
  expect(classifyError(status(500), (error) => (error instanceof Error ? 'caller-error' : undefined))).toBe('caller-error');
  expect(classifyError('x', () => undefined)).toBe('failed');
});

test('how long to wait: from our details, or from the headers on a vendor error', () => {
  expect(retryAfterOf(new UnderstudyError('HTTP_STATUS', 'x', { details: { retryAfterMs: 70 } }), 0)).toBe(70);
  expect(retryAfterOf({ headers: new Headers({ 'retry-after': '2' }) }, 0)).toBe(2000);
  expect(retryAfterOf({ response: { headers: { 'retry-after-ms': '150' } } }, 0)).toBe(150);
  expect(retryAfterOf(new Error('x'), 0)).toBeUndefined();
});

test.each([
  [{ 'retry-after': '2' }, 2000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after-ms': '20', 'retry-after': '7' }, 20],
  [{ 'retry-after': new Date(61_000).toUTCString() }, 1000],
  [{ 'retry-after': new Date(0).toUTCString() }, 0],
  [{ 'retry-after': '-3' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '99999999999' }, 86_400_000],
  [{}, undefined],
] as const)('Retry-After %o is %s ms', (headers, expected) => {
  expect(retryAfterMs(new Headers(headers), 60_000)).toBe(expected);
});

test.each([
  ['an input that an adapter refuses', new UnderstudyError('INPUT_INVALID', 'x'), 'caller-error'],
  ['a configuration', new UnderstudyError('CONFIGURATION_INVALID', 'x'), 'caller-error'],
  ['a package that is missing', new UnderstudyError('PEER_MISSING', 'x'), 'caller-error'],
  ['a nested model that was closed', new UnderstudyError('CLOSED', 'x'), 'caller-error'],
  ['an unknown variant of a nested model', new UnderstudyError('UNKNOWN_VARIANT', 'x'), 'caller-error'],
  ['a nested model whose endpoint asks to wait', new UnderstudyError('THROTTLED', 'x'), 'throttled'],
  ['a nested model that nothing could serve for good', new UnderstudyError('NOTHING_SERVED', 'x'), 'caller-error'],
  ['a nested model that nothing could serve now', new UnderstudyError('NOTHING_SERVED', 'x', { retryable: true }), 'failed'],
  ['an output that broke its contract', new UnderstudyError('OUTPUT_INVALID', 'x'), 'failed'],
  ['a timeout', new UnderstudyError('TIMEOUT', 'x'), 'failed'],
])('A1 %s', (_, error, expected) => {
  expect(classifyError(error, undefined)).toBe(expected);
});

const grpc = (code: number): object => Object.assign(new Error('x'), { code, details: 'd', metadata: {} });

test.each([
  ['AWS', { name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } }, 'throttled'],
  ['AWS, a bad request', { $metadata: { httpStatusCode: 400 } }, 'caller-error'],
  ['the last error of an SDK that has tried itself', { lastError: { statusCode: 429 } }, 'throttled'],
  [
    'the quota of an SDK that has tried itself',
    { lastError: { statusCode: 429, data: { error: { code: 'insufficient_quota' } } } },
    'caller-error',
  ],
  ['a status as text', { status: '429' }, 'throttled'],
  ['a status as code', { code: '404' }, 'caller-error'],
  ['the status of a cause', new Error('x', { cause: { status: 401 } }), 'caller-error'],
  ['the status of a cause of a cause', new Error('x', { cause: new Error('y', { cause: { statusCode: 429 } }) }), 'throttled'],
  ['gRPC, unavailable', grpc(14), 'failed'],
  ['gRPC, resource exhausted', grpc(8), 'throttled'],
  ['gRPC, invalid argument', grpc(3), 'caller-error'],
  ['gRPC, unauthenticated', grpc(16), 'caller-error'],
  ['gRPC, deadline exceeded', grpc(4), 'failed'],
  ['a small code that is no gRPC', { code: 3 }, 'failed'],
  ['a DOMException', new DOMException('x', 'AbortError'), 'failed'],
  ['a status that is none', { status: 7_000_000 }, 'failed'],
  ['a status that is NaN', { status: Number.NaN }, 'failed'],
  ['a cause that is itself', Object.assign(new Error('x'), { cause: undefined }), 'failed'],
])('A15 %s', (_, error, expected) => {
  expect(classifyError(error, undefined)).toBe(expected);
});

test('A15 a circle of causes comes to an end', () => {
  const [a, b]: [{ cause?: unknown }, { cause?: unknown }] = [{}, {}];
  a.cause = b;
  b.cause = a;
  expect(classifyError(a, undefined)).toBe('failed');
  expect(retryAfterOf(a, 0)).toBeUndefined();
});

test.each([
  ['a plain object in any case', { responseHeaders: { 'Retry-After': '3' } }, 3000],
  ['a list of values', { headers: { 'retry-after': ['4', '9'] } }, 4000],
  ['a number', { headers: { 'retry-after': 5 } }, 5000],
  ['a Map', { headers: new Map([['retry-after', '6']]) }, 6000],
  ['AWS', { $response: { headers: { 'retry-after': '7' } } }, 7000],
  ['the last error of an SDK', { lastError: { responseHeaders: { 'retry-after-ms': '80' } } }, 80],
  ['a cause', new Error('x', { cause: { headers: new Headers({ 'retry-after': '9' }) } }), 9000],
  ["gRPC's pushback", { metadata: { get: (name: string) => (name === 'grpc-retry-pushback-ms' ? ['70'] : []) } }, 70],
  ['a date of asctime, which is in UTC', { headers: { 'retry-after': 'Sun Nov  6 08:49:37 1994' } }, 1000],
  ['a date of RFC 850', { headers: { 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT' } }, 1000],
  [
    'headers whose get throws',
    {
      headers: {
        get: () => {
          throw new Error('no');
        },
      },
    },
    undefined,
  ],
  ['headers that answer nonsense', { headers: { get: () => ({}) } }, undefined],
])('A15 how long to wait, from %s', (_, error, expected) => {
  expect(retryAfterOf(error, Date.UTC(1994, 10, 6, 8, 49, 36))).toBe(expected);
});

test.each([
  [
    'throws',
    () => {
      throw Object.create(null);
    },
  ],
  ['answers nonsense', () => 'bad' as never],
  ['answers a promise', () => Promise.resolve('failed') as never],
])('A20 a classification that %s decides nothing, and is told', (_, custom) => {
  const told: string[] = [];
  expect(classifyError(status(429), custom, (where) => told.push(where))).toBe('throttled');
  expect(told).toEqual(['classify']);
});

test.each([
  [Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }), 'ECONNREFUSED'],
  [Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'ENOTFOUND'],
  [Object.assign(new Error('x'), { cause: { code: 'UND_ERR_SOCKET' } }), 'UND_ERR_SOCKET'],
  [Object.assign(new Error('x'), { cause: { code: 'CERT_HAS_EXPIRED' } }), 'CERT_HAS_EXPIRED'],
  [Object.assign(new Error('x'), { cause: { errors: [{ code: 'ECONNREFUSED' }] } }), 'ECONNREFUSED'],
  [Object.assign(new Error('x'), { code: 'card 4111 1111 1111 1111' }), undefined],
  [Object.assign(new Error('x'), { code: 7 }), undefined],
  [null, undefined],
])('B1 what failed below HTTP: %o', (error, expected) => {
  expect(causeCodeOf(error)).toBe(expected);
});
