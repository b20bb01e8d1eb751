import { expect, it } from 'vitest';
import { optionProblems } from './option-problems.ts';

it('tells those that do not hold, in order, with the value that came', () => {
  expect(
    optionProblems(
      [true, 'a', 'anything', 1],
      [false, 'b', 'a number over 0', -1],
      [false, 'c', 'a name', 'two "words"'],
      [false, 'd', 'a number', undefined],
      [false, 'e', 'a number', '7'],
    ),
  ).toEqual([
    { path: 'b', message: 'expected a number over 0, got -1' },
    { path: 'c', message: 'expected a name, got "two \\"words\\""' },
    { path: 'd', message: 'expected a number, got undefined' },
    { path: 'e', message: 'expected a number, got "7"' },
  ]);
  expect(optionProblems()).toEqual([]);
});
