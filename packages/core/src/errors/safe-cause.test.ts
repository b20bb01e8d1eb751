import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { causeCode, safeCause } from './safe-cause.ts';

/** As clients throw them: with the request, and what is in it. */
const failure = (): Error =>
  Object.assign(new TypeError('POST https://u:SECRET@host/x?key=SECRET failed'), {
    request: { headers: { authorization: 'Bearer SECRET' } },
    cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', options: { auth: 'SECRET' } }),
  });

it('F5 of a failure only class, text and code are kept: printed, it shows no secret', () => {
  const cause = safeCause(failure());
  expect(cause).toMatchObject({ name: 'TypeError', message: 'POST https://host/x failed', code: 'ECONNREFUSED' });
  expect(inspect(new Error('outer', { cause }), { depth: Infinity, showHidden: true })).not.toContain('SECRET');
});

it.each([
  ['of its own', Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'ENOTFOUND'],
  ['of a cause', failure(), 'ECONNREFUSED'],
  ['of the first of several', new AggregateError([Object.assign(new Error('x'), { code: 'ECONNRESET' })]), 'ECONNRESET'],
  ['that is content', { code: 'user 7 is unknown' }, undefined],
  ['that is no text', { code: 7 }, undefined],
  ['of nothing', undefined, undefined],
])('B1 the code %s', (_name, error, code) => {
  expect(causeCode(error)).toBe(code);
});

it('B1 a chain without an end is not followed for ever', () => {
  const ring: { cause?: unknown } = {};
  ring.cause = ring;
  expect(causeCode(ring)).toBeUndefined();
});
