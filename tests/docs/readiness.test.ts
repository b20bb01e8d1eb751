import { readFileSync } from 'node:fs';
import { READINESS_CHECKS } from '@understudy/core/readiness';
import { expect, it } from 'vitest';

it('the guide of readiness lists every check, in order, and how it is made', () => {
  const rows = readFileSync('docs/guides/readiness.md', 'utf8')
    .split('\n')
    .flatMap((line) => /^\| `([\w-]+)` \| (\w+) +\| (.+?) +\| (.+?) +\|$/.exec(line)?.slice(1) ?? []);
  const expected = READINESS_CHECKS.flatMap(({ id, dimension, title, isRequired, look, question }) => {
    const how = look === undefined ? 'asked' : question === undefined ? 'seen' : 'seen, or asked';
    return [id, dimension, title, isRequired ? how : `${how}, not required`];
  });
  expect(rows).toEqual(expected);
});
