import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FieldView } from '../../types/index.ts';
import { NumberReader } from '../../statistics/profiles/number-reader.ts';
import { FIELD_COUNTERS, watchesOf } from './field-watch.ts';
import { NumberWatches } from './number-watches.ts';

const BLOCK = 64;
const FIELDS: readonly FieldView[] = [
  { path: 'a', type: 'number', optional: true, nullable: true, minimum: { value: 0, exclusive: false } },
  { path: 'b', type: 'integer', optional: true, nullable: true, maximum: { value: 9, exclusive: false } },
] as const;

function setUp() {
  const watches = watchesOf(FIELDS, undefined);
  const reader = new NumberReader();
  const width = FIELD_COUNTERS.length;
  // Another monitor has asked for a field before.
  reader.slotOf('other');
  const numbers = new NumberWatches(watches, [3, 3 + width], reader);
  const row = new Float64Array(3 + 2 * width);
  const count = (...inputs: readonly unknown[]): void => {
    for (const input of inputs) {
      reader.read(input);
      numbers.count(input, reader.values, row);
    }
  };
  const counted = (field: number): Record<string, number> =>
    Object.fromEntries(
      FIELD_COUNTERS.map((name, index) => [name, row[3 + field * width + index] ?? 0] as const).filter(([, n]) => n > 0),
    );
  /** For how many calls a field has had one number only, and which. */
  const constant = (field = 0): readonly [alike: number | undefined, last: unknown] => {
    numbers.tell();
    return [watches[field]?.alike, watches[field]?.last];
  };
  return { count, counted, constant };
}

describe('each number is counted as', () => {
  test.each([
    [{ a: 0, b: 9 }, {}, {}],
    [{ a: 1e308, b: -1e308 }, {}, {}],
    [{ a: -0.1, b: 9.1 }, { outOfRange: 1 }, { outOfRange: 1 }],
    [{ a: Infinity, b: -Infinity }, { outOfRange: 1 }, { outOfRange: 1 }],
    [{ a: Number.NaN, b: null }, { missing: 1 }, { missing: 1 }],
    [{}, { missing: 1 }, { missing: 1 }],
    [{ a: '1', b: [2] }, { mistyped: 1 }, { mistyped: 1 }],
    [{ a: 1n, b: true }, { mistyped: 1 }, { mistyped: 1 }],
    [null, { missing: 1 }, { missing: 1 }],
    [7, { missing: 1 }, { missing: 1 }],
  ])('%o', (input, a, b) => {
    const { count, counted } = setUp();
    count(input);
    expect([counted(0), counted(1)]).toEqual([a, b]);
  });

  test('every call by itself, in its own field', () => {
    const { count, counted } = setUp();
    count({ a: -1, b: 1 }, { a: -1 }, { b: 99 }, { a: 5, b: 5 });
    expect([counted(0), counted(1)]).toEqual([
      { missing: 1, outOfRange: 2 },
      { missing: 1, outOfRange: 1 },
    ]);
  });
});

describe('a field that has had one number only', () => {
  const times = (n: number, a: unknown, b: unknown = Math.PI): readonly unknown[] => Array.from({ length: n }, () => ({ a, b }));

  test('is counted over all blocks, and by each field', () => {
    const { count, constant } = setUp();
    for (const calls of [1, 62, 1, 1, 63, 872]) count(...times(calls, 4));
    expect([constant(0), constant(1)]).toEqual([
      [1000, 4],
      [1000, Math.PI],
    ]);
  });

  test('one other value ends it at once, and it is found again from the next block on', () => {
    const { count, constant } = setUp();
    count(...times(3 * BLOCK, 4), ...times(1, 5));
    expect(constant()[0]).toBe(1);
    count(...times(BLOCK - 1, 5));
    expect(constant()).toEqual([BLOCK, 5]);
    count(...times(1, 4));
    expect(constant()[0]).toBe(1);
    count(...times(BLOCK - 1, 4), ...times(10, 4));
    expect(constant()).toEqual([BLOCK + 10, 4]);
    expect(constant(1)[0]).toBe(5 * BLOCK + 10);
  });

  test('in the middle of a block, the others go on', () => {
    const { count, constant } = setUp();
    count(...times(BLOCK + 10, 4), { a: 5, b: Math.PI }, ...times(5, 4));
    expect([constant(0)[0], constant(1)[0]]).toEqual([1, BLOCK + 16]);
  });

  test('a missing value is not another one, wherever in its block', () => {
    const { count, constant } = setUp();
    count(...times(BLOCK, 4), ...times(1, undefined), ...times(BLOCK, 4), ...times(1, Number.NaN), ...times(10, 4));
    expect(constant()).toEqual([2 * BLOCK + 10, 4]);
  });

  test('zeros of both signs are one number', () => {
    const { count, constant } = setUp();
    count(...times(10, 0), ...times(10, -0));
    expect(constant()[0]).toBe(20);
  });

  test('is never told too many calls, and at most a block too few (property)', () => {
    const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 200 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(runs, (all) => {
        const { count, constant } = setUp();
        let [last, truly] = [0, 0];
        for (const [value, calls] of all) {
          count(...times(calls, value));
          truly = value === last ? truly + calls : calls;
          last = value;
          const [alike = 0] = constant();
          expect(alike).toBeLessThanOrEqual(truly);
          expect(alike).toBeGreaterThanOrEqual(Math.max(1, truly - (BLOCK - 1)));
        }
      }),
    );
  });
});
