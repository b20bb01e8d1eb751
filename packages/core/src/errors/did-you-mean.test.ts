import { expect, test } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

test.each([
  ['gtee', ['gt', 'gte', 'lte'], 'gte'],
  ['betwen', ['between', 'eq'], 'between'],
  ['frist', ['first', 'unique'], 'first'],
  ['NOTIN', ['in', 'notIn'], 'notIn'],
  ['worstradius', ['meanTexture', 'worstRadius'], 'worstRadius'],
  ['qe', ['eq', 'ne'], 'eq'],
])('%s', (word, known, expected) => {
  expect(didYouMean(word, known)).toBe(`, did you mean ${expected}?`);
});

test.each([
  ['colour', ['gt', 'lt']],
  ['x', ['yz']],
  ['anything', []],
])('%s is like none of %j', (word, known) => {
  expect(didYouMean(word, known)).toBe('');
});
