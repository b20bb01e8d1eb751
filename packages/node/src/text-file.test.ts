import { expect, it } from 'vitest';
import { pathError } from './text-file.ts';

it.each([
  ['written', Object.assign(new Error('no'), { code: 'ENOENT' }), 'x.json: there is no such folder: check the path'],
  ['written', Object.assign(new Error('no'), { code: 'EACCES' }), 'x.json: cannot be written (EACCES)'],
  ['read', new Error('no'), 'x.json: cannot be read (unknown error)'],
] as const)('a path that cannot be %s says why: %o', (what, cause, message) => {
  const error = pathError('x.json', what, cause);
  expect(error.message).toContain(message);
  expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID', cause });
});
