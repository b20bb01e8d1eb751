import { expect, test } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

test.each([
  ['gtee', ['gt', 'gte', 'lte'], 'gte'],
  ['betwen', ['between', 'eq'], 'between'],
  ['frist', ['first', 'unique'], 'first'],
  ['NOTIN', ['in', 'notIn'], 'notIn'],
  ['worstradius', ['meanTexture', 'worstRadius'], 'worstRadius'],
  ['qe', ['eq', 'ne'], 'eq'],
  ['mss', ['ms', 'max'], 'ms'],
])('%s', (word, known, expected) => {
  expect(didYouMean(word, known)).toBe(`, did you mean ${expected}?`);
});

test.each([
  ['colour', ['gt', 'lt']],
  ['x', ['yz']],
  ['c', ['a', 'b']],
  ['gt', ['ne', 'in']],
  ['kpi', ['gte', 'key']],
  ['anything', []],
])('%s is like none of %j', (word, known) => {
  expect(didYouMean(word, known)).toBe('');
});
