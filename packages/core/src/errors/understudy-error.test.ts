import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERROR_CODES } from './error-code.ts';
import { Problems } from './problems.ts';
import { rejection } from './rejection.ts';
import { UnderstudyError } from './understudy-error.ts';

test('is recognised by its brand and code, also from another copy of the library', () => {
  const error = new UnderstudyError('TIMEOUT', 'too slow', { cause: new Error('why'), retryable: true, details: { model: 'm' } });
  const foreign = Object.assign(new Error('x'), { brand: 'understudy-error', code: 'TIMEOUT' });
  expect([error, foreign].map((value) => UnderstudyError.is(value, 'TIMEOUT'))).toEqual([true, true]);
  for (const value of [null, undefined, 'x', {}, new Error('x'), { brand: 'understudy-error' }])
    expect(UnderstudyError.is(value, 'TIMEOUT')).toBe(false);
  expect(UnderstudyError.is(error, 'CLOSED')).toBe(false);
  expect(error).toMatchObject({ name: 'UnderstudyError', cause: { message: 'why' }, retryable: true });
  expect(String(error)).toBe('UnderstudyError: too slow');
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: 'TIMEOUT',
    message: 'too slow',
    retryable: true,
    details: { model: 'm' },
    help: '@understudy/core/docs/errors/TIMEOUT.md',
  });
});

test('a rejection is an error of ours without a stack', () => {
  const refused = rejection('CIRCUIT_OPEN', 'it is open', 'm/v1', 500);
  expect([refused instanceof UnderstudyError, refused instanceof Error, UnderstudyError.is(refused, 'CIRCUIT_OPEN')]).toEqual([
    true,
    true,
    true,
  ]);
  expect(refused).toMatchObject({
    code: 'CIRCUIT_OPEN',
    message: 'it is open',
    retryable: true,
    details: { variant: 'm/v1', retryAfterMs: 500 },
  });
  expect(String(refused)).toBe('UnderstudyError: it is open');
  expect(rejection('TIMEOUT', 'x', 'm/v1').details).toEqual({ variant: 'm/v1' });
  expect(JSON.parse(JSON.stringify(refused))).toMatchObject({ code: 'CIRCUIT_OPEN', details: { retryAfterMs: 500 } });
});

test('problems are told all at once, with their paths', () => {
  const problems = new Problems();
  expect([
    problems.expect(true, 'a', 'x'),
    problems.expect(false, 'b', 'expected 1'),
    problems.expect(false, '', 'expected 2'),
  ]).toEqual([true, false, false]);
  expect(() => problems.throwIfAny('CONFIGURATION_INVALID', 'It')).toThrow(
    'It has 2 problems:\n  b: expected 1\n  (whole value): expected 2',
  );
  expect(() => new Problems().throwIfAny('CONFIGURATION_INVALID', 'It')).not.toThrow();
});

test('every code has its page', () => {
  expect(ERROR_CODES.filter((code) => !existsSync(new URL(`../../../../docs/errors/${code}.md`, import.meta.url)))).toEqual([]);
  expect(ERROR_CODES.toSorted()).toEqual([...ERROR_CODES]);
});
