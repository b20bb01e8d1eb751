import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numericProfile } from '../../../tests/support/statistics/numeric-profile.ts';
import { seededRandom } from '../seeded-random.ts';
import { NumericProfileBuilder } from './numeric-profile-builder.ts';
import type { NumericProfile } from './numeric-profile.ts';

type Value = number | null | undefined;

const streamed = (values: readonly Value[], bins?: number): NumericProfile => {
  const builder = new NumericProfileBuilder(bins === undefined ? {} : { bins });
  for (const value of values) builder.add(value);
  return builder.build();
};

/** Counts of the values in the bins of a profile, by definition. */
const recount = ({ edges, counts, pointMasses }: NumericProfile, values: readonly Value[]): number[] => {
  const points = new Set(pointMasses.map(({ value }) => value));
  const rest = values.filter((value) => typeof value === 'number' && Number.isFinite(value) && !points.has(value + 0));
  return counts.map((_, bin) => {
    const [low, high] = [edges[bin - 1] ?? -Infinity, edges[bin] ?? Infinity];
    return rest.filter((value) => Number(value) >= low && Number(value) < high).length;
  });
};

const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -1e6, max: 1e6 }) },
  { weight: 3, arbitrary: fc.integer({ min: -2, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, undefined, Infinity, -Infinity, -0) },
);

describe.each([
  ['exact', numericProfile],
  ['streamed', streamed],
] as const)('%s', (_, build) => {
  test('counts every value once, in bins whose edges ascend', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 120 }), (values) => {
        const profile = build(values);
        const { edges, counts, pointMasses } = profile;
        expect(counts).toHaveLength(edges.length + 1);
        expect(edges.every((edge, index) => index === 0 || edge > (edges[index - 1] ?? edge))).toBe(true);
        expect(counts.length + pointMasses.length).toBeLessThanOrEqual(11);
        expect(profile.count + profile.missing + profile.infinite).toBe(values.length);
        expect(counts).toEqual(recount(profile, values));
        for (const { value, count } of pointMasses) {
          expect(count).toBe(values.filter((other) => other === value).length);
          expect(count * 10).toBeGreaterThanOrEqual(profile.count);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('keeps zeros apart from the deciles of the rest', () => {
    const profile = build(Array.from({ length: 1000 }, (_, index) => (index < 600 ? 0 : index)));
    expect(profile.pointMasses).toEqual([{ value: 0, count: 600 }]);
    expect(profile.counts.length).toBe(4);
    for (const count of profile.counts) expect(Math.abs(count - 100)).toBeLessThanOrEqual(3);
    expect(profile.counts.reduce((sum, count) => sum + count, 0)).toBe(400);
    expect([profile.min, profile.max]).toEqual([0, 999]);
  });

  test('has one empty bin beside a constant, and beside nothing', () => {
    const constant = build([7, 7, 7, null, NaN, Infinity]);
    expect(constant).toEqual({
      version: 1,
      kind: 'numeric',
      count: 3,
      missing: 2,
      infinite: 1,
      min: 7,
      max: 7,
      mean: 7,
      standardDeviation: 0,
      edges: [],
      counts: [0],
      pointMasses: [{ value: 7, count: 3 }],
    });
    expect(build([])).toMatchObject({ count: 0, min: null, max: null, mean: null, standardDeviation: null, counts: [0] });
  });
});

test('the edges of a stream are within 0.2 % of the exact deciles, in any order of its values, and merge', () => {
  const random = seededRandom(7);
  const values = Array.from({ length: 50_000 }, () => 1000 * Math.exp(4 * random() - 2)).toSorted((a, b) => a - b);
  const exact = numericProfile(values);
  const profile = streamed(values);
  expect(profile.edges).toHaveLength(9);
  for (const [index, edge] of profile.edges.entries())
    expect(Math.abs(edge / (exact.edges[index] ?? NaN) - 1)).toBeLessThan(0.002);
  expect(profile.counts).toEqual(recount(profile, values));
  expect(profile.mean).toBeCloseTo(exact.mean ?? NaN, 6);
  const [first, second] = [new NumericProfileBuilder(), new NumericProfileBuilder()];
  for (const [index, value] of values.entries()) (index % 3 === 0 ? first : second).add(value);
  first.merge(second);
  expect(first.build()).toMatchObject({ edges: profile.edges, counts: profile.counts, count: 50_000 });
});

test('a point mass among very many other values is found, and low by less than 2/256 of them', () => {
  const random = seededRandom(8);
  const values = Array.from({ length: 20_000 }, () => (random() < 0.3 ? 5 : random() * 100));
  const exact = values.filter((value) => value === 5).length;
  const { pointMasses, counts } = streamed(values);
  expect(pointMasses.map(({ value }) => value)).toEqual([5]);
  const found = pointMasses[0]?.count ?? 0;
  expect(found).toBeLessThanOrEqual(exact);
  expect(found).toBeGreaterThan(exact - (2 * values.length) / 256);
  expect(counts.reduce((sum, count) => sum + count, found)).toBe(values.length);
});

test('refuses bins that cannot be', () => {
  expect(() => new NumericProfileBuilder({ bins: 1 })).toThrow('bins');
  expect(() => new NumericProfileBuilder({ bins: NaN })).toThrow('bins');
});

describe('G6 one value far outside of the reference', () => {
  const random = seededRandom(9);
  const usual = Array.from({ length: 20_000 }, () => 50 + 10 * (random() + random() + random() - 1.5));
  const clean = numericProfile(usual);

  describe.each([
    ['exact', numericProfile],
    ['streamed', streamed],
  ] as const)('%s', (_, build) => {
    test.each([1e20, -1e20, 1e308, -999_999, 1e300])(
      'G6 %d leaves edges and spread as they were, and is a finding',
      (sentinel) => {
        const profile = build([...usual.slice(0, 7000), sentinel, ...usual.slice(7000)]);
        expect(profile.edges).toHaveLength(9);
        for (const [index, edge] of profile.edges.entries())
          expect(Math.abs(edge - (clean.edges[index] ?? NaN))).toBeLessThan(0.05);
        expect(profile.outliers).toMatchObject({ count: 1, values: [sentinel] });
        expect(profile.outliers?.rest.standardDeviation).toBeCloseTo(clean.standardDeviation ?? NaN, 9);
        expect(profile.outliers?.rest.mean).toBeCloseTo(clean.mean ?? NaN, 9);
        expect([profile.outliers?.rest.min, profile.outliers?.rest.max]).toEqual([clean.min, clean.max]);
        // The raw ones stay beside.
        expect(profile.standardDeviation ?? Infinity).toBeGreaterThan(1000);
      },
    );

    test('G6 a hundred sentinels on either side too, and none among ordinary values', () => {
      const profile = build([...usual, ...Array.from({ length: 90 }, (__, at) => (at % 2 === 0 ? -1e9 : 1e12))]);
      expect(profile.outliers).toMatchObject({ count: 90, values: Array.from({ length: 10 }, () => -1e9) });
      expect(profile.outliers?.rest.standardDeviation).toBeCloseTo(clean.standardDeviation ?? NaN, 9);
      expect(build(usual)).not.toHaveProperty('outliers');
      expect(build([1, 1, 1, 2])).not.toHaveProperty('outliers');
      expect(build([])).not.toHaveProperty('outliers');
    });

    test('G6 values that are narrow at a large offset have their deciles', () => {
      for (const offset of [1e9, -1.7e12]) {
        const profile = build(usual.map((value) => offset + value));
        expect(profile.edges).toHaveLength(9);
        for (const [index, edge] of profile.edges.entries())
          expect(Math.abs(edge - offset - (clean.edges[index] ?? NaN))).toBeLessThan(0.06);
        expect(profile.standardDeviation).toBeCloseTo(clean.standardDeviation ?? NaN, 3);
      }
    });
  });
});
