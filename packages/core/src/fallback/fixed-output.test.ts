import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedOutput, isPlainObject } from './fixed-output.ts';

it('plain data is the same frozen copy each time, whatever its owner does (property)', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (written) => {
      const before = structuredClone(written);
      const output = fixedOutput(written);
      for (const key of Object.keys(written)) delete written[key];
      expect(output.read()).toEqual({ ...before });
      expect(output.read()).toBe(output.read());
      expect([output.shared, output.trouble, Object.isFrozen(output.read())]).toEqual([true, undefined, true]);
    }),
  );
});

it('is frozen all the way down', () => {
  const read = fixedOutput({ a: [{ b: 1 }] }).read() as { a: { b: number }[] };
  expect([read.a, read.a[0]].every((inner) => Object.isFrozen(inner))).toBe(true);
});

it('what cannot be frozen is another copy for each answer', () => {
  const written = { at: new Date(7), map: new Map([['a', 1]]), set: new Set([1]), bytes: Uint8Array.of(1, 2) };
  const { shared, trouble, read } = fixedOutput(written);
  const first = read() as typeof written;
  expect([shared, trouble, first]).toEqual([false, undefined, written]);
  first.at.setTime(0);
  first.bytes[0] = 9;
  expect(read()).toEqual(written);
  expect(first.map).not.toBe(written.map);
});

const cycle: Record<string, unknown> = {};
cycle['inner'] = [cycle];

it.each([
  ['a function', () => 0, 'it holds a function'],
  ['a function inside', { a: [() => 0] }, 'it holds a function'],
  ['an instance of a class', { a: new Error('x') }, 'it holds an instance of a class'],
  ['a cycle', cycle, 'it contains itself'],
])('%s cannot be kept', (_, written, trouble) => {
  expect(fixedOutput(written).trouble).toBe(trouble);
});

it('one object in two places is no cycle', () => {
  const inner = { a: 1 };
  const { trouble, read } = fixedOutput({ x: inner, y: [inner] });
  expect([trouble, read()]).toEqual([undefined, { x: { a: 1 }, y: [{ a: 1 }] }]);
});

describe('isPlainObject', () => {
  it.each([{}, Object.create(null), JSON.parse('{"__proto__":1}')])('%j is one', (value) => {
    expect(isPlainObject(value)).toBe(true);
  });

  it.each([null, undefined, 7, 'x', [], new Date(0), new Map(), () => 0, Object.create({})])('%s is none', (value) => {
    expect(isPlainObject(value)).toBe(false);
  });
});
