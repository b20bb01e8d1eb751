import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonText } from './json-text.ts';

it('comes back as it was, numbers to the last bit (property)', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(jsonText(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(JSON.parse(jsonText([value]))).toEqual([value === 0 ? 0 : value]);
    }),
  );
});

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

it.each([
  ['nothing', undefined, 'and undefined has no JSON. Use null.'],
  ['a function', () => 0, 'and function has no JSON. Use null.'],
  ['a symbol', Symbol('x'), 'and symbol has no JSON. Use null.'],
  ['a bigint', { n: 1n }, 'this value cannot be written as JSON.'],
  ['a cycle', cycle, 'this value cannot be written as JSON.'],
])('refuses %s', (_, value, message) => {
  expect(() => jsonText(value)).toThrow(
    expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining(message) }),
  );
});
