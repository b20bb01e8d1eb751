import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPlainData } from './plain-data.ts';

const cycle: Record<string, unknown> = {};
cycle['list'] = [cycle];
const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
};
const throwing = (): never => {
  throw new Error('no');
};
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

it.each<[string, unknown]>([
  ['a bigint', 10n],
  ['a bigint inside', { a: [{ b: 10n }] }],
  ['a cycle', cycle],
  ['a getter that throws', Object.defineProperty({}, 'x', { get: throwing, enumerable: true })],
  ['a toJSON that throws', { a: { toJSON: throwing } }],
  ['a toJSON that gives a bigint', { toJSON: () => 1n }],
  [
    'a toJSON that gives itself',
    (() => {
      const self = { toJSON: () => self };
      return self;
    })(),
  ],
  ['a proxy that was revoked', { a: revoked }],
  ['what is deeper than anybody can walk', nested(100_000)],
])('F8 %s cannot be written', (_name, value) => {
  expect(isPlainData(value)).toBe(false);
});

it.each<[string, unknown]>([
  ['nothing', undefined],
  ['a function, which JSON leaves out', { a: () => 1, b: Symbol('x') }],
  ['a date', { at: new Date(0), never: new Date(NaN) }],
  ['what is no number', { a: NaN, b: Infinity }],
  ['what knows its JSON', { toJSON: () => ({ a: 1 }) }],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  [
    'one thing twice',
    (() => {
      const shared = { a: 1 };
      return [shared, shared];
    })(),
  ],
])('F8 %s can be written', (_name, value) => {
  expect(isPlainData(value)).toBe(true);
  expect(() => JSON.stringify(value)).not.toThrow();
});

it('F8 property: what is called plain can be written as JSON', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, maxDepth: 4 }), (value) => {
      let isWritten = true;
      try {
        JSON.stringify(value);
      } catch {
        isWritten = false;
      }
      expect(isPlainData(value)).toBe(isWritten);
    }),
    { seed: 8, numRuns: 2000 },
  );
});
