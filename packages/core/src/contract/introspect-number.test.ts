import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckDef, numberFacts } from './introspect-number.ts';

const at = (value: number, exclusive = false) => ({ value, exclusive });

describe('checks', () => {
  it.each<[readonly CheckDef[], unknown]>([
    [[], { type: 'number' }],
    [[{ check: 'greater_than', value: 0, inclusive: true }], { type: 'number', minimum: at(0) }],
    [[{ check: 'greater_than', value: 0, inclusive: false }], { type: 'number', minimum: at(0, true) }],
    [[{ check: 'less_than', value: 1 }], { type: 'number', maximum: at(1, true) }],
    [[{ check: 'multiple_of', value: 3 }], { type: 'integer' }],
    [[{ check: 'multiple_of', value: 0.1 }], { type: 'number' }],
    [[{ check: 'number_format', format: 'safeint' }], { type: 'integer' }],
    [[{ check: 'number_format', format: 'uint32' }], { type: 'integer', minimum: at(0), maximum: at(4_294_967_295) }],
    [
      [{ check: 'number_format', format: 'float32' }],
      { type: 'number', minimum: at(-3.4028234663852886e38), maximum: at(3.4028234663852886e38) },
    ],
    [[{ check: 'number_format', format: 'constructor' }], { type: 'number' }],
    [[{ check: 'number_format', format: 7 }], { type: 'number' }],
    [[{ check: 'custom', value: 3 }, {}], { type: 'number' }],
  ])('%j', (checks, facts) => {
    expect(numberFacts(checks, {})).toEqual(facts);
  });
});

describe('the bag', () => {
  it.each<[CheckDef, unknown]>([
    [
      { minimum: 1, maximum: 9 },
      { type: 'number', minimum: at(1), maximum: at(9) },
    ],
    [
      { exclusiveMinimum: 1, exclusiveMaximum: 9 },
      { type: 'number', minimum: at(1, true), maximum: at(9, true) },
    ],
    [
      { minimum: 1, exclusiveMinimum: 1 },
      { type: 'number', minimum: at(1, true) },
    ],
    [
      { minimum: 2, exclusiveMinimum: 1, maximum: 8, exclusiveMaximum: 9 },
      { type: 'number', minimum: at(2), maximum: at(8) },
    ],
    [
      { format: 'int32', maximum: 5 },
      { type: 'integer', minimum: at(-2_147_483_648), maximum: at(5) },
    ],
    [{ multipleOf: 2 }, { type: 'integer' }],
  ])('%j', (bag, facts) => {
    expect(numberFacts([], bag)).toEqual(facts);
  });
});

it.each([Number.NEGATIVE_INFINITY, -Number.MAX_VALUE, Number.MIN_SAFE_INTEGER, Number.NaN, '0', undefined, 0n])(
  'a bound of %s tells nothing',
  (value) => {
    const checks = [
      { check: 'greater_than', value, inclusive: true },
      { check: 'less_than', value, inclusive: true },
    ];
    expect(numberFacts(checks, { minimum: value, maximum: value })).toEqual({ type: 'number' });
  },
);

it('of any bounds in any order the tightest holds, told either way (property)', () => {
  const bounds = fc.array(fc.record({ value: fc.integer({ min: -5, max: 5 }), inclusive: fc.boolean() }), { minLength: 1 });
  fc.assert(
    fc.property(bounds, fc.boolean(), (bounds, inBag) => {
      const [last, ...others] = inBag ? bounds : [undefined, ...bounds];
      const bag = last === undefined ? {} : { [last.inclusive ? 'minimum' : 'exclusiveMinimum']: last.value };
      const { minimum } = numberFacts(
        others.flatMap((bound) => (bound === undefined ? [] : [{ check: 'greater_than', ...bound }])),
        bag,
      );
      const most = Math.max(...bounds.map(({ value }) => value));
      expect(minimum).toEqual(
        at(
          most,
          bounds.some(({ value, inclusive }) => value === most && !inclusive),
        ),
      );
    }),
  );
});
