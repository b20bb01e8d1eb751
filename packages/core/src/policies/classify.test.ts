import { expect, test } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { classifyError, retryAfterOf } from './classify.ts';
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
  [new Error('429 Too Many Requests'), 'failed'],
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
