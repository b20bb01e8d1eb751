import { expect, test } from 'vitest';
import { textsIn, withTexts } from './texts.ts';

const DATA = { note: 'a', count: 1, rows: [{ text: 'b', tags: ['c', 'd'] }, { text: 'e' }], none: null };
const upper = (value: unknown, fields?: readonly string[]): unknown =>
  withTexts(
    value,
    fields,
    textsIn(value, fields).map(({ text }) => text.toUpperCase()),
  );

test('all texts, named by their fields', () => {
  expect(textsIn(DATA, undefined)).toEqual([
    { field: 'note', text: 'a' },
    { field: 'rows.text', text: 'b' },
    { field: 'rows.tags', text: 'c' },
    { field: 'rows.tags', text: 'd' },
    { field: 'rows.text', text: 'e' },
  ]);
  expect(textsIn('whole', ['note'])).toEqual([{ field: '', text: 'whole' }]);
  expect(textsIn(7, undefined)).toEqual([]);
});

test('fields narrow, with all that is inside of them', () => {
  expect(textsIn(DATA, ['rows']).map(({ text }) => text)).toEqual(['b', 'c', 'd', 'e']);
  expect(textsIn(DATA, ['rows.text', 'no']).map(({ text }) => text)).toEqual(['b', 'e']);
  expect(textsIn(DATA, ['ro'])).toEqual([]);
});

test('what is changed is a copy, and what is not is the same', () => {
  const frozen = Object.freeze({ ...DATA, kept: Object.freeze({ x: 1 }) });
  const made = upper(frozen, ['rows']) as typeof frozen;
  expect(made).toEqual({ ...DATA, kept: { x: 1 }, rows: [{ text: 'B', tags: ['C', 'D'] }, { text: 'E' }] });
  expect(frozen.rows[0]?.text).toBe('b');
  expect(made.kept).toBe(frozen.kept);
  expect(withTexts(DATA, undefined, ['a', 'b', 'c', 'd', 'e'])).toBe(DATA);
  expect(upper('abc')).toBe('ABC');
});

test('what has a class of its own is not looked into; objects without a prototype are', () => {
  const date = new Date(0);
  class Own {
    text = 'a';
  }
  expect(textsIn({ date, map: new Map([['a', 'b']]), own: new Own() }, undefined)).toEqual([]);
  const bare = Object.assign(Object.create(null) as object, { text: 'a' });
  const made = upper({ bare }) as { readonly bare: object };
  expect(Object.getPrototypeOf(made.bare)).toBeNull();
  expect({ ...made.bare }).toEqual({ text: 'A' });
});

test('a field named __proto__ is a field', () => {
  const hostile = JSON.parse('{"__proto__": {"text": "a"}}') as object;
  const made = upper(hostile) as object;
  expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
  expect(JSON.stringify(made)).toBe('{"__proto__":{"text":"A"}}');
});

test('data that is too deep, too large or a circle cannot be checked', () => {
  let deep: object = {};
  for (let level = 0; level < 200; level++) deep = { deep };
  const circle: { self?: unknown } = {};
  circle.self = circle;
  expect(() => textsIn(deep, undefined)).toThrow('deeper than 100');
  expect(() => textsIn(circle, undefined)).toThrow('deeper than 100');
  expect(() => textsIn(new Array(100_001).fill(''), undefined)).toThrow('more than 100000');
});
