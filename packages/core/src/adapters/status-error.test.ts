import { describe, expect, it } from 'vitest';
import { statusError } from './status-error.ts';

const now = Date.UTC(2026, 10, 21, 9, 0, 0);

function errorOf(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return statusError('POST https://host/predict', { status, headers: new Headers(headers) }, text, now);
}

describe('statusError', () => {
  it.each([
    ['Open Inference', { error: 'model not found' }, {}],
    [
      'OpenAI',
      { error: { message: 'm', type: 'insufficient_quota', param: null, code: 'insufficient_quota' } },
      { type: 'insufficient_quota', code: 'insufficient_quota' },
    ],
    ['OpenRouter', { error: { code: 402, message: 'm', metadata: {} } }, { code: '402' }],
    [
      'Anthropic',
      {
        type: 'error',
        error: { type: 'rate_limit_error', message: 'm', details: { error_code: 'enforced_spend_limit_reached' } },
      },
      { type: 'rate_limit_error', code: 'enforced_spend_limit_reached' },
    ],
    ['vLLM', { object: 'error', message: 'm', type: 'BadRequestError', code: 400 }, { type: 'BadRequestError', code: '400' }],
    ['a list', [1, 2], {}],
    ['HTML', '<html>Bad gateway</html>', {}],
  ])('reads type and code as %s writes them', (_name, body, expected) => {
    const error = errorOf(429, body);
    const { status, body: excerpt, ...named } = error.details;
    expect(error.code).toBe('HTTP_STATUS');
    expect(status).toBe(429);
    expect(excerpt).toBe(typeof body === 'string' ? body : JSON.stringify(body));
    expect(named).toEqual(expected);
  });

  it('does not take a long value, which could be an input, for a code', () => {
    expect(errorOf(422, { code: 'x'.repeat(101), type: 'y'.repeat(100) }).details).toMatchObject({ type: 'y'.repeat(100) });
    expect(errorOf(422, { code: 'x'.repeat(101) }).details).not.toHaveProperty('code');
  });

  it('keeps the body out of the message and short in the details', () => {
    const error = errorOf(422, `{"detail":"secret ${'z'.repeat(600)}"}`);
    expect(error.message).toBe('POST https://host/predict answered 422.');
    expect(error.details['body']).toHaveLength(500);
  });

  it.each([
    ['retry-after-ms', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    ['seconds', { 'retry-after': '2' }, 2000],
    ['a date', { 'retry-after': 'Sat, 21 Nov 2026 09:00:07 GMT' }, 7000],
    ['a past date', { 'retry-after': 'Sat, 21 Nov 2026 08:00:00 GMT' }, 0],
    ['zero', { 'retry-after': '0' }, 0],
    ['garbage', { 'retry-after': 'soon' }, undefined],
    ['nothing', {}, undefined],
  ])('reads how long to wait from %s', (_name, headers, expected) => {
    const error = errorOf(503, '', headers);
    expect(error.details.retryAfterMs).toBe(expected);
    expect(error.message.includes('asks to wait')).toBe(expected !== undefined);
  });

  it.each([
    [400, {}, false],
    [401, {}, false],
    [404, {}, false],
    [422, {}, false],
    [408, {}, true],
    [429, {}, true],
    [429, { error: { code: 'insufficient_quota' } }, false],
    [500, {}, true],
    [503, {}, true],
    [529, {}, true],
  ])('status %i with %j is retryable: %s', (status, body, retryable) => {
    expect(errorOf(status, body).retryable).toBe(retryable);
  });
});
