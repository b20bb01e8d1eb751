import { expect, it } from 'vitest';
import { fileError, hasCode } from './file-error.ts';

const failure = (code: unknown): Error => Object.assign(new Error('no'), { code });

it('hasCode knows the codes of the system', () => {
  expect(
    [failure('ENOENT'), failure('EACCES'), new Error('ENOENT'), { code: 'ENOENT' }].map((error) => hasCode(error, 'ENOENT')),
  ).toEqual([true, false, false, false]);
});

it.each([
  [failure('EACCES'), 'EACCES', 'let this process write there, or name another path'],
  [failure('EROFS'), 'EROFS', 'name a path on a disk that can be written'],
  [failure('EWEIRD'), 'EWEIRD', 'see the cause'],
  [failure(7), 'an unknown error', 'see the cause'],
  ['a text', 'an unknown error', 'see the cause'],
])('%o is told with what can be done', (cause, code, remedy) => {
  const error = fileError('/logs/x.jsonl', cause);
  expect(error).toMatchObject({ code: 'SINK_FAILED', retryable: true, cause, details: { path: '/logs/x.jsonl', code } });
  expect(error.message).toBe(`The file sink cannot write to /logs/x.jsonl (${code}): ${remedy}.`);
});
