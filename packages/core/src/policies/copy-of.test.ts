import { expect, test } from 'vitest';
import { copyOf } from './copy-of.ts';

class Money {
  amount = 1;
}
const money = new Money();
const circle: Record<string, unknown> = { a: 1 };
circle['self'] = circle;
circle['again'] = circle;
const hostile = {
  get secret(): never {
    throw new Error('no');
  },
};

test.each([
  'text',
  1,
  null,
  undefined,
  [1, [2, { a: [3] }]],
  { a: { b: [new Date(0), new Map([[1, { x: 1 }]]), new Set([1]), new Uint8Array([1, 2])] } },
  JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as object,
  Object.create(null) as object,
])('a copy of %j is equal, and nothing in it is the same object', (value) => {
  const copy = copyOf(value);
  expect(copy).toEqual(value);
  if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
});

test('what is changed in a copy is not changed in the other', () => {
  const value = { a: [{ b: 1 }] };
  const copy = copyOf(value);
  (copy.a[0] as { b: number }).b = 2;
  copy.a.push({ b: 3 });
  expect(value).toEqual({ a: [{ b: 1 }] });
});

test('objects of a class are the same; what cannot be copied is itself', () => {
  expect(copyOf({ money }).money).toBe(money);
  for (const value of [circle, hostile]) expect(copyOf(value)).toBe(value);
});
