import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { categoricalProfile } from '../../../tests/support/statistics/categorical-profile.ts';
import { numericProfile } from '../../../tests/support/statistics/numeric-profile.ts';
import { BinIndex } from './bin-index.ts';
import { binLayout, driftCounts, type FieldProfile, referenceCounts } from './bin-layout.ts';
import type { NumericProfile } from './numeric-profile.ts';
import { SlidingCounts } from './sliding-counts.ts';

const number = fc.oneof(fc.double(), fc.integer({ min: -3, max: 12 }), fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, -0));
const numbers = fc.array(number, { maxLength: 80 });

/** By the definition of the layout. */
function expected(profile: NumericProfile, value: number): number {
  const { below, above, infinite, missing } = binLayout(profile);
  if (Number.isNaN(value)) return missing;
  if (!Number.isFinite(value)) return infinite;
  const point = profile.pointMasses.findIndex((mass) => mass.value === value);
  if (point >= 0) return profile.counts.length + point;
  if (profile.min !== null && value < profile.min) return below;
  if (profile.max === null || value > profile.max) return above;
  return profile.edges.filter((edge) => edge <= value).length;
}

test.each([3, 10, 60])('numbers of several fields fall where %i bins say, also next to every breakpoint', (bins) => {
  fc.assert(
    fc.property(numbers, numbers, numbers, (a, b, values) => {
      const profiles = [a, b].map((sample) => numericProfile(sample, { bins }));
      const index = new BinIndex([categoricalProfile(['x']), ...profiles]);
      for (const [field, profile] of profiles.entries()) {
        const breaks = [...profile.edges, profile.min ?? 0, profile.max ?? 0, ...profile.pointMasses.map(({ value }) => value)];
        const beside = breaks.flatMap((at) => [at, at + 5e-324, at * (1 + 3e-16), at * (1 - 3e-16)]);
        for (const value of [...values, ...a, ...b, ...beside]) {
          expect(index.counterOf(field + 1, value)).toBe(expected(profile, value));
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('counting the reference gives its own counts', () => {
  const profiles: FieldProfile[] = [numericProfile([1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9]), categoricalProfile(['a', 'b', 'a'])];
  const index = new BinIndex(profiles);
  const counts = new SlidingCounts({ sizes: index.layouts.map(({ size }) => size) });
  for (const value of [1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9]) counts.add(0, index.counterOf(0, value));
  for (const value of ['a', 'b', 'a']) counts.add(1, index.counterOf(1, value));
  expect(profiles.map((profile, field) => driftCounts(profile, counts.totals(field)))).toEqual(profiles.map(referenceCounts));
});

describe('what is no value of the field', () => {
  const numeric = numericProfile([1, 2, 3, 4]);
  const categorical = categoricalProfile(['a', true, 7]);
  const index = new BinIndex([numeric, categorical]);
  const [first, second] = [binLayout(numeric), binLayout(categorical)];
  test.each([
    [0, null, first.missing],
    [0, undefined, first.missing],
    [0, NaN, first.missing],
    [0, '2', first.mistyped],
    [0, true, first.mistyped],
    [0, {}, first.mistyped],
    [0, Infinity, first.infinite],
    [0, -Infinity, first.infinite],
    [0, 0.5, first.below],
    [0, 4.5, first.above],
    [1, 'a', 0],
    [1, true, 1],
    [1, 7, 2],
    [1, 'new', second.other],
    [1, null, second.missing],
    [1, NaN, second.missing],
    [1, {}, second.mistyped],
  ])('field %i, %s', (field, value, counter) => {
    expect(index.counterOf(field, value)).toBe(counter);
  });
});

test('drift counts what is out of range in the outer quantile bins', () => {
  const profile = numericProfile([1, 2, 3, 4, 5, 6], { bins: 3 });
  const counters = Array.from({ length: binLayout(profile).size }, (_, at) => 10 ** at);
  expect(profile.pointMasses).toEqual([]);
  expect(driftCounts(profile, counters)).toEqual([1001, 10, 10_100]);
  expect(() => driftCounts(profile, [1])).toThrow('counters.length');
});

test('refuses a stored profile that cannot be', () => {
  const profile = numericProfile([1, 2, 3, 4, 5, 6], { bins: 3 });
  for (const [field, broken] of [
    ['version', { ...profile, version: 2 as 1 }],
    ['counts.length', { ...profile, counts: [6] }],
    ['bin 0', { ...profile, counts: [-1, 2, 2] }],
    ['edges[1]', { ...profile, edges: [3, 3] }],
    ['pointMasses[0]', { ...profile, pointMasses: [{ value: Infinity, count: 1 }] }],
  ] as const) {
    expect(() => new BinIndex([broken])).toThrow(field);
  }
});
