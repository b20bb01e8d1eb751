import { expect, test } from 'vitest';
import { same, show } from './same.ts';

test.each([
  [undefined, 'undefined'],
  [{ b: 1, a: [{ d: 1, c: 2 }] }, '{"a":[{"c":2,"d":1}],"b":1}'],
  [new Set([2, 1]), '{"set":[2,1]}'],
  [[2, 1], '[2,1]'],
])('shows %o as %s', (value, text) => {
  expect(show(value)).toBe(text);
});

test('the order of names does not matter, that of lists does; a failure tells both', () => {
  expect(() => same({ a: 1, b: 2 }, { b: 2, a: 1 }, 'it')).not.toThrow();
  expect(() => same([1, 2], [2, 1], 'the list')).toThrow('the list: expected [2,1], saw [1,2]');
  expect(() => same(new Set([1]), [1], 'it')).toThrow('it: expected [1], saw {"set":[1]}');
});
