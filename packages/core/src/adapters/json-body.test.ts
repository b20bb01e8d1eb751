import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonBody } from './json-body.ts';

class Money {
  readonly #amount: number;

  constructor(amount: number) {
    this.#amount = amount;
  }

  get amount(): number {
    return this.#amount;
  }
}
const cycle: { self?: unknown } = {};
cycle.self = cycle;

it.each([
  ['NaN', { a: { b: Number.NaN } }, 'a.b'],
  ['Infinity in a list', { a: [1, Infinity] }, 'a[1]'],
  ['an invalid date', { at: new Date('x') }, 'at'],
  ['a Map', { m: new Map([[1, 2]]) }, 'm'],
  ['a Set in a list of lists', [[new Set()]], '[0][0]'],
  ['a bigint', { n: 10n }, 'n'],
  ['a bigint among typed numbers', { n: BigInt64Array.of(1n) }, 'n[0]'],
  ['NaN among typed numbers', { v: Float32Array.of(1, Number.NaN) }, 'v[1]'],
  ['undefined in a list', { v: [1, undefined] }, 'v[1]'],
  ['a function', { f: () => 1 }, 'f'],
  ['a symbol', { s: Symbol('x') }, 's'],
  ['an ArrayBuffer', { b: new ArrayBuffer(4) }, 'b'],
  ['a stream', { s: new ReadableStream() }, 's'],
  ['an async iterable', { async *[Symbol.asyncIterator]() {} }, ''],
  ['a promise', { p: Promise.resolve(1) }, 'p'],
  ['an error', { e: new Error('x') }, 'e'],
  ['NaN in a box', { n: Object(Number.NaN) as object }, 'n'],
  ['an object whose fields are private', { m: new Money(5) }, 'm'],
  ['an input whose fields are private', new Money(5), ''],
  ['a cycle', cycle, ''],
  [
    'a toJSON that throws',
    {
      toJSON: () => {
        throw new Error('no');
      },
    },
    '',
  ],
  ['nothing', undefined, ''],
])('A14 %s is refused with its path, and not changed silently', (_, value, path) => {
  expect(() => jsonBody(value)).toThrowError(
    expect.objectContaining({ code: 'INPUT_INVALID', details: { problems: [expect.objectContaining({ path })] } }),
  );
});

it('A14 what has nothing in it, of a class with fields, or of none, goes as it is', () => {
  class Point {
    readonly x = 1;
  }
  expect(jsonBody({ a: {}, b: Object.create(null) as object, c: new Point(), d: Object(2) as object })).toBe(
    '{"a":{},"b":{},"c":{"x":1},"d":2}',
  );
});

it('A14 typed arrays go as arrays, dates and own toJSON as they say, absent fields not at all', () => {
  const value = { v: Float32Array.of(0.5, 2), at: new Date(0), own: { toJSON: () => 'own' }, absent: undefined, none: null };
  expect(jsonBody(value)).toBe('{"v":[0.5,2],"at":"1970-01-01T00:00:00.000Z","own":"own","none":null}');
  expect(jsonBody(Uint8Array.of(1, 2))).toBe('[1,2]');
});

it('A14 property: plain data is written as JSON writes it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(jsonBody(value)).toBe(JSON.stringify(value));
    }),
    { seed: 14 },
  );
});
