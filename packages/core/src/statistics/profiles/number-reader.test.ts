import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { NumberReader } from './number-reader.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e', '7'] as const;

function readAll(keys: readonly string[], objects: readonly unknown[]): (number | undefined)[][] {
  const reader = new NumberReader();
  const slots = keys.map((key) => reader.slotOf(key));
  return objects.map((object) => {
    reader.read(object);
    return slots.map((slot) => reader.values[slot]);
  });
}

const numberAt = (object: unknown, key: string): number => {
  const value: unknown = typeof object === 'object' && object !== null ? Reflect.get(object, key) : undefined;
  return typeof value === 'number' ? value : NaN;
};

describe('numbers of objects', () => {
  test('are those that a look-up finds, whatever the order, the missing keys and the strangers', () => {
    const value = fc.oneof(fc.double(), fc.constantFrom(undefined, null, 'x', NaN, Infinity, 0));
    const object = fc
      .shuffledSubarray([...KEYS, 'stranger', 'another'])
      .chain((keys) => fc.tuple(...keys.map((key) => value.map((one) => [key, one] as const))))
      .map((entries) => Object.fromEntries(entries) as unknown);
    const anything = fc.oneof(
      { weight: 9, arbitrary: object },
      { weight: 1, arbitrary: fc.constantFrom(null, undefined, 5, 'text', []) },
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...KEYS)), fc.array(anything, { maxLength: 12 }), (keys, objects) => {
        expect(readAll(keys, objects)).toEqual(objects.map((one) => keys.map((key) => numberAt(one, key))));
      }),
    );
  });

  it('reads objects whose optional keys come and go', () => {
    const objects = [{ a: 1, c: 3 }, { a: 1, b: 2 }, { b: 2, c: 3, e: 5 }, {}, { e: 6 }];
    expect(readAll(['a', 'b', 'c', 'e'], objects)).toEqual([
      [1, NaN, 3, NaN],
      [1, 2, NaN, NaN],
      [NaN, 2, 3, 5],
      [NaN, NaN, NaN, NaN],
      [NaN, NaN, NaN, 6],
    ]);
  });

  it('does not learn keys without end', () => {
    const objects = Array.from({ length: 500 }, (_, at) => ({ [`key ${at}`]: at, a: at }));
    expect(readAll(['a'], objects)).toEqual(objects.map(({ a }) => [a]));
  });

  it('takes further keys after it has read', () => {
    const reader = new NumberReader();
    const first = reader.slotOf('b');
    reader.read({ a: 1, b: 2 });
    const second = reader.slotOf('a');
    expect(reader.slotOf('b')).toBe(first);
    reader.read({ a: 3, b: 4 });
    expect([reader.values[first], reader.values[second]]).toEqual([4, 3]);
  });

  it('throws what a getter throws, and reads the next object', () => {
    const reader = new NumberReader();
    const slot = reader.slotOf('a');
    const bad = Object.defineProperty({}, 'a', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(() => reader.read(bad)).toThrow('no');
    reader.read({ a: 1 });
    expect(reader.values[slot]).toBe(1);
  });
});
