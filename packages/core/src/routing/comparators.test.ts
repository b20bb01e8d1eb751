import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cosine, sameData, sameLabel, sameSide, withinTolerance } from './comparators.ts';

interface Output {
  readonly label: string;
  readonly score: number;
  readonly vector: readonly number[];
}
const output = (change: Partial<Output> = {}): Output => ({ label: 'a', score: 0.4, vector: [1, 0], ...change });
const of = (score: number): Output => output({ score });

test('sameLabel compares one field', () => {
  const compare = sameLabel<Output>('label');
  expect([compare(output(), of(0.9), {}), compare(output(), output({ label: 'b' }), {})]).toEqual([
    { agrees: true },
    { agrees: false },
  ]);
});

describe('withinTolerance', () => {
  test.each([
    [{}, 1, 1, true],
    [{}, 1, 1 + Number.EPSILON, false],
    [{ absolute: 0.5 }, 1, 1.5, true],
    [{ absolute: 0.5 }, 1, 1.75, false],
    [{ relative: 0.25 }, -8, -10, true],
    [{ relative: 0.25 }, -8, -10.5, false],
    [{ absolute: 1, relative: 0.25 }, 8, 10, true],
    [{ relative: 0.25 }, 0, 0.001, false],
    [{ absolute: Infinity }, Number.NaN, Number.NaN, false],
  ])('%j: %d and %d', (tolerance, served, shadow, agrees) => {
    expect(withinTolerance<Output>('score', tolerance)(of(served), of(shadow), {})).toEqual({
      agrees,
      difference: Math.abs(served - shadow),
    });
  });
});

test.each([
  [0.4, 0.6, 0.5, false],
  [0.5, 0.6, 0.5, true],
  [0.4, 0.499, undefined, true],
  [0.4, 0.6, 0.7, true],
])('sameSide: %d and %d of %d', (served, shadow, threshold, agrees) => {
  const comparison = sameSide<Output>('score', threshold)(of(served), of(shadow), {});
  expect(comparison).toEqual({ agrees, difference: expect.closeTo(Math.abs(served - shadow), 12) });
});

describe('cosine', () => {
  const compare = (a: readonly number[], b: readonly number[]) =>
    cosine<Output>('vector', 0.9)(output({ vector: a }), output({ vector: b }), {});

  test.each([
    [[1, 0], [5, 0], true, 0],
    [[1, 0], [0, 1], false, 1],
    [[1, 0], [-1, 0], false, 2],
    [[3, 4], [4, 3], true, 0.04],
  ])('%j and %j', (a, b, agrees, difference) => {
    expect(compare(a, b)).toEqual({ agrees, difference: expect.closeTo(difference, 12) });
  });

  test.each([
    [[1, 0], [1]],
    [
      [0, 0],
      [1, 0],
    ],
    [[], []],
    [[Number.NaN], [1]],
  ])('%j and %j never agree', (a, b) => {
    expect(compare(a, b).agrees).toBe(false);
  });
});

describe('sameData', () => {
  test('a copy agrees (property)', () => {
    fc.assert(
      fc.property(fc.anything({ withDate: true }), (value) => {
        fc.pre(!JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? 0 : inner))?.includes('__proto__'));
        expect(sameData(value, structuredClone(value))).toEqual({ agrees: true });
      }),
    );
  });

  test.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: Number.NaN }, { a: Number.NaN }, true],
    [{ a: 0 }, { a: -0 }, true],
    [{ a: undefined }, {}, true],
    [{ a: undefined }, { b: undefined }, true],
    [{}, { a: undefined }, true],
    [[], {}, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
    [null, {}, false],
    [new Date(5), new Date(5), true],
    [new Date(5), new Date(6), false],
    [new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]]), true],
    [new Map([['a', 1]]), new Map([['a', 2]]), false],
    [new Set([1, 2]), new Set([1, 2]), true],
    [new Set([1]), new Set([2]), false],
    [{ a: { b: [1] } }, { a: { b: [2] } }, false],
    ['1', 1, false],
  ])('%j and %j', (served, shadow, agrees) => {
    expect(sameData(served, shadow)).toEqual({ agrees });
  });
});

const bytes = (...values: number[]): ArrayBuffer => Uint8Array.from(values).buffer;

test.each([
  ['buffers', bytes(1, 2), bytes(1, 2), bytes(1, 3)],
  ['views', new DataView(bytes(1, 2)), new DataView(bytes(1, 2)), new DataView(bytes(2, 2))],
  ['typed arrays', Float32Array.of(1, 2), Float32Array.of(1, 2), Float32Array.of(1)],
  ['addresses', new URL('https://a/x'), new URL('https://a/x'), new URL('https://a/y')],
  ['errors', new RangeError('a'), new RangeError('a'), new RangeError('b')],
  ['patterns', /a/g, /a/g, /a/i],
  ['zeros', { y: 0 }, { y: -0 }, { y: 1 }],
  ['NaN', { y: Number.NaN }, { y: Number.NaN }, { y: 0 }],
  ['what is absent', { a: 1 }, { a: 1, b: undefined }, { a: 1, b: null }],
  ['dates', [new Date(1)], [new Date(1)], [new Date(2)]],
  ['maps of buffers', new Map([['k', bytes(1)]]), new Map([['k', bytes(1)]]), new Map([['k', bytes(2)]])],
])('C5 %s are compared by what they hold', (_, a, same, other) => {
  expect([sameData(a, same), sameData(same, a), sameData(a, other), sameData(other, a)]).toEqual(
    [true, true, false, false].map((agrees) => ({ agrees })),
  );
});

test('C5 what cannot be looked at is not compared', () => {
  expect(() => sameData(new ReadableStream(), new ReadableStream())).toThrow('ReadableStream');
  expect(() => sameData({ p: Promise.resolve(1) }, { p: Promise.resolve(1) })).toThrow('Promise');
});

test('C5 a field that neither output has is a mistake, and no agreement', () => {
  const typo = sameLabel<Record<string, string>>('lable');
  expect(() => typo({ label: 'a' }, { label: 'b' }, undefined)).toThrow('Neither output has the field "lable".');
  expect(typo({ lable: 'a' }, { label: 'b' }, undefined)).toEqual({ agrees: false });
  expect(sameSide<{ p: number }>('p')({ p: Number.NaN }, { p: 0.1 }, undefined).agrees).toBe(false);
});
