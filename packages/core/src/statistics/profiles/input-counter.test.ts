import fc from 'fast-check';
import { expect, test } from 'vitest';
import { categoricalProfile } from '../../../tests/support/statistics/categorical-profile.ts';
import { numericProfile } from '../../../tests/support/statistics/numeric-profile.ts';
import { BinIndex } from './bin-index.ts';
import type { FieldProfile } from './bin-layout.ts';
import { InputCounter } from './input-counter.ts';
import { NumberReader } from './number-reader.ts';

type Fields = readonly { readonly path: readonly string[]; readonly profile: FieldProfile }[];

const counted = (fields: Fields, inputs: readonly unknown[]): number[] => {
  const reader = new NumberReader();
  const counter = new InputCounter(fields, reader);
  const row = new Uint32Array(counter.width);
  for (const input of inputs) {
    reader.read(input);
    counter.count(input, reader.values, row);
  }
  return Array.from(row);
};

/** What one value at a time would count. */
function oneByOne(fields: Fields, inputs: readonly unknown[]): number[] {
  const index = new BinIndex(fields.map(({ profile }) => profile));
  const rows = index.layouts.map(({ size }) => Array.from({ length: size }, () => 0));
  for (const input of inputs) {
    for (const [field, { path }] of fields.entries()) {
      let value: unknown = input;
      for (const key of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
      const counters = rows[field] ?? [];
      const at = index.counterOf(field, value);
      counters[at] = (counters[at] ?? 0) + 1;
    }
  }
  return rows.flat();
}

const VALUES = fc.oneof(
  fc.double(),
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(undefined, null, NaN, Infinity, -Infinity, -0, 'a', '7', true, [], {}, 10n),
);

test('counts as BinIndex does: any values, any number of fields, wide fields and narrow ones', () => {
  const profiles: FieldProfile[] = [
    numericProfile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    numericProfile([0, 0, 0, 0, 1, 2, 5]),
    numericProfile([1, 2, 3, 4, 5, 6, 7, 8]),
    numericProfile(
      Array.from({ length: 100 }, (_, at) => at / 7),
      { bins: 50 },
    ),
    numericProfile([]),
    categoricalProfile(['a', 'b', '7', true]),
  ];
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 70 }),
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.array(VALUES, { minLength: 70, maxLength: 70 }), { maxLength: 6 }),
      (size, kinds, rows) => {
        const fields = Array.from({ length: size }, (_, at) => ({
          path: at % 7 === 6 ? ['inner', `f${at}`] : [`f${at}`],
          profile: profiles[at % kinds] ?? numericProfile([]),
        }));
        const inputs: unknown[] = rows.map((row) => ({
          '': 3,
          inner: Object.fromEntries(row.map((value, at) => [`f${at}`, value])),
          ...Object.fromEntries(row.map((value, at) => [`f${at}`, value])),
        }));
        inputs.push(undefined, null, 5, {});
        expect(counted(fields, inputs)).toEqual(oneByOne(fields, inputs));
      },
    ),
    { numRuns: 100 },
  );
});

test('each field has as many counters as its layout, one after the other', () => {
  const fields = [
    { path: ['a'], profile: numericProfile([1, 2, 3]) },
    { path: ['b'], profile: categoricalProfile(['x']) },
  ];
  const counter = new InputCounter(fields, new NumberReader());
  const [first, second] = counter.layouts;
  expect(counter.offsets).toEqual([0, first?.size]);
  expect(counter.width).toBe((first?.size ?? 0) + (second?.size ?? 0));
  const row = counted(fields, [{ a: 2, b: 'x' }, { a: 'no number', b: {} }, {}]);
  expect(row[first?.mistyped ?? 0]).toBe(1);
  expect(row[first?.missing ?? 0]).toBe(1);
  expect(row.slice(first?.size)).toEqual([1, 0, 1, 1]);
});
