import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json, NotIJson, toIJson } from './canonical-json.ts';

const vectors = JSON.parse(readFileSync(new URL('../../test-data/rfc8785.json', import.meta.url), 'utf8')) as {
  readonly texts: readonly { readonly name: string; readonly input: string; readonly output: string }[];
  readonly numbers: readonly string[];
  readonly checksums: Readonly<Record<string, string>>;
};

/** The numbers of the published file: fixed ones, 2,000 in a row, then SHA-256 of SHA-256. */
function* publishedNumbers(): Generator<number> {
  const bits = new DataView(new ArrayBuffer(8));
  const numberOf = (value: bigint): number => {
    bits.setBigUint64(0, value);
    return bits.getFloat64(0);
  };
  for (const hex of vectors.numbers) yield numberOf(BigInt(`0x${hex}`));
  for (let index = 0n; index < 2000n; index++) yield numberOf(0x0010_0000_0000_0000n + index);
  for (let block: Buffer = Buffer.alloc(32); ;) {
    block = hash('sha256', block, 'buffer');
    for (let offset = 0; offset < 32; offset += 8) {
      const value = block.readDoubleLE(offset);
      if (value !== 0 && Number.isFinite(value)) yield value;
    }
  }
}

function hexOf(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  return bits.getBigUint64(0).toString(16);
}

describe('the published vectors of RFC 8785', () => {
  it.each(vectors.texts)('$name', ({ input, output }) => {
    expect(canonicalJson(JSON.parse(input) as Json)).toBe(output);
  });

  it('writes a hundred thousand numbers as it must', () => {
    const lines: string[] = [];
    for (const value of publishedNumbers()) {
      if (lines.length === 100_000) break;
      lines.push(`${hexOf(value)},${canonicalJson(value)}\n`);
    }
    const sums = Object.keys(vectors.checksums).map((count) => [count, hash('sha256', lines.slice(0, Number(count)).join(''))]);
    expect(Object.fromEntries(sums)).toEqual(vectors.checksums);
  });

  it.each([
    [0, '0'],
    [-0, '0'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [9007199254740992, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [1e23, '1e+23'],
    [1.0000000000000001e23, '1.0000000000000001e+23'],
    [333333333.3333332, '333333333.3333332'],
    [0.000001, '0.000001'],
    [1e21, '1e+21'],
  ])('appendix B: %d', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});

const problemOf = (value: unknown): string => {
  try {
    toIJson(value);
    return 'none';
  } catch (error) {
    if (!(error instanceof NotIJson)) throw error;
    return `${error.path.join('.')}: ${error.message}`;
  }
};

describe('I-JSON', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const sparse = [1];
  sparse[2] = 3;
  const thrower = Object.defineProperty({}, 'secret', {
    enumerable: true,
    get: () => {
      throw new Error('personal');
    },
  });

  it.each<[string, unknown, string]>([
    ['a lone surrogate', { a: ['x', '\uD800'] }, 'a.1: a text with a lone surrogate'],
    ['a lone surrogate in a name', { '\uDC00': 1 }, '\uDC00: a name with a lone surrogate'],
    ['NaN', { a: NaN }, 'a: a number that is not finite'],
    ['Infinity', [Infinity], '0: a number that is not finite'],
    ['an integer beyond 2^53', { a: 2 ** 53 }, 'a: an integer beyond 2^53 - 1'],
    ['a bigint', { a: 1n }, 'a: a value of the type bigint'],
    ['a function', { a: () => 1 }, 'a: a value of the type function'],
    ['a symbol', Symbol('x'), ': a value of the type symbol'],
    ['undefined in a list', { a: [undefined] }, 'a.0: a value of the type undefined'],
    ['a hole in a list', sparse, '1: a value of the type undefined'],
    ['a Map', { a: new Map() }, 'a: an object that is not plain data'],
    ['a typed array', { a: new Float32Array(2) }, 'a: an object that is not plain data'],
    ['a Buffer', { a: Buffer.from('x') }, 'a: an object that is not plain data'],
    ['a Date', { a: new Date(0) }, 'a: an object that is not plain data'],
    ['a boxed number', { a: Object(1) as unknown }, 'a: an object that is not plain data'],
    ['a toJSON', { a: { toJSON: () => 'x' } }, 'a.toJSON: a value of the type function'],
    ['a getter that throws', { a: thrower }, 'a.secret: a value that throws when it is read'],
  ])('refuses %s', (_, value, problem) => {
    expect(problemOf(value)).toBe(problem);
  });

  it('refuses cycles, data that are too deep, and a proxy that throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(problemOf(cycle)).toMatch(/deeper than 100 levels$/);
    expect(problemOf({ a: proxy })).toBe('a: a value that throws when it is read');
  });

  it('leaves members out that are undefined, and keeps one that is named __proto__', () => {
    const value = JSON.parse('{"__proto__":{"a":1},"b":"2"}') as unknown;
    expect(canonicalJson(toIJson({ a: undefined, b: -0 }))).toBe('{"b":0}');
    expect(canonicalJson(toIJson(value))).toBe('{"__proto__":{"a":1},"b":"2"}');
  });

  it('reads each member once', () => {
    let reads = 0;
    const value = Object.defineProperty({}, 'a', { enumerable: true, get: () => ++reads });
    expect(canonicalJson(toIJson(value))).toBe('{"a":1}');
    expect(reads).toBe(1);
  });

  it('whatever JSON can hold comes back the same, and its text does not depend on the order of names', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(problemOf(value) === 'none');
        const text = canonicalJson(toIJson(value));
        expect(canonicalJson(toIJson(JSON.parse(text)))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
