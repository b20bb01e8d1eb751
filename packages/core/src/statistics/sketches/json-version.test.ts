import { expect, test } from 'vitest';
import { checkVersion } from './json-version.ts';

test('version 1 alone is read', () => {
  expect(() => checkVersion({ version: 1 }, 'The sketch')).not.toThrow();
  for (const version of [2, 0, '1', undefined, null])
    expect(() => checkVersion({ version }, 'The sketch')).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        message: `The sketch has a problem:\n  version: expected 1, got ${version}: written by another version of Understudy; build it anew`,
      }),
    );
});
