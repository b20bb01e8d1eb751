import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fieldValue } from './field-value.ts';

it.each([
  [{ a: { b: 7 } }, ['a', 'b'], 7],
  [{ a: { b: null } }, ['a', 'b'], null],
  [{ a: [5, 6] }, ['a', '1'], 6],
  [{ a: null }, ['a', 'b'], undefined],
  [{ a: 'text' }, ['a', 'length'], undefined],
  [{ 'a.b': 1 }, ['a', 'b'], undefined],
  [undefined, ['a'], undefined],
  [7, [], 7],
])('%j at %j is %j', (value, path, found) => {
  expect(fieldValue(value, path)).toBe(found);
});

it('finds what was put there, and never throws on plain data (property)', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 }), fc.jsonValue(), (path, value) => {
      const nested = path.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);
      expect(fieldValue(nested, path)).toBe(value);
      expect(() => fieldValue(value, path)).not.toThrow();
    }),
  );
});
