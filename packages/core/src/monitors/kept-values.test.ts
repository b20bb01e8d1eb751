import { expect, test } from 'vitest';
import { KeptValues } from './kept-values.ts';

test('gives back numbers and anything else, whatever was in the slot before', () => {
  const values = new KeptValues(3);
  expect(values.get(0)).toBeUndefined();
  const object = { label: 'a' };
  for (const value of [0.25, object, -1, undefined, 'text', 0, null, Infinity, undefined]) {
    values.put(1, value);
    expect(values.get(1)).toBe(value);
  }
  values.put(0, NaN);
  expect([0, 1, 2].map((slot) => values.get(slot))).toEqual([undefined, undefined, undefined]);
});
