import { problemPaths } from '../../tests/support/problem-paths.ts';
import { expect, test } from 'vitest';
import { blocklist, type BlocklistOptions } from './blocklist.ts';
import { redactor } from './redactor.ts';

const clean = (text: string, options: BlocklistOptions): string => {
  const stream = redactor([blocklist({ ...options, action: 'redact' })]);
  return stream.push(text) + stream.end();
};

test.each<[string, BlocklistOptions, string]>([
  ['Apollo apollo APOLLO', { words: ['apollo'] }, '[blocked] [blocked] [blocked]'],
  ['Apollo apollo', { words: ['apollo'], caseSensitive: true }, 'Apollo [blocked]'],
  ['apollos and apollo13, apollo-13', { words: ['apollo'] }, 'apollos and apollo13, [blocked]-13'],
  ['apollos', { words: ['apollo'], wholeWords: false }, '[blocked]s'],
  ['the project apollo plan', { words: ['project', 'project apollo'] }, 'the [blocked] plan'],
  ['c++ and c+', { words: ['c++'] }, '[blocked] and c+'],
  ['STRASSE Größe GRÖSSE GRÖßE', { words: ['größe'] }, 'STRASSE [blocked] GRÖSSE [blocked]'],
  ['机密文件', { words: ['机密'], wholeWords: false }, '[blocked]文件'],
  ['a.b axb', { words: ['a.b'] }, '[blocked] axb'],
  ['PRJ-12 prj-7', { patterns: [/prj-\d+/gi] }, '[blocked] [blocked]'],
  ['aaaaaaa', { patterns: [/a+/], longest: 3 }, '[blocked][blocked][blocked]'],
  ['key\nkeys', { patterns: [/\bkey\b/] }, '[blocked]\nkeys'],
  ['abc', { patterns: [/x*/] }, 'abc'],
])('%s', (text, options, expected) => {
  expect(clean(text, options)).toBe(expected);
});

test("a pattern's own state is neither read nor changed", () => {
  const pattern = /a/g;
  pattern.lastIndex = 5;
  expect(clean('a a', { patterns: [pattern] })).toBe('[blocked] [blocked]');
  expect(pattern.lastIndex).toBe(5);
});

test('it names a word or a pattern', () => {
  expect(problemPaths(() => blocklist({}))).toEqual(['blocklist.words']);
  expect(problemPaths(() => blocklist({ words: [''], patterns: ['x' as never] }))).toEqual([
    'blocklist.words[0]',
    'blocklist.patterns[0]',
  ]);
});
