import { describe, expect, test } from 'vitest';
import { categoricalProfile } from '../../../tests/support/statistics/categorical-profile.ts';
import { numericProfile } from '../../../tests/support/statistics/numeric-profile.ts';
import { binLayout, type FieldProfile, referenceCounts } from '../../statistics/profiles/bin-layout.ts';
import { plainDistribution } from '../../statistics/profiles/plain-distribution.ts';
import type { FieldDistribution } from '../../types/index.ts';
import { fieldDistribution } from './field-distribution.ts';
import { fieldReference } from './field-reference.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Counters with so many in each bin that drift compares, and so many missing. */
function distribution(profile: FieldProfile, bins: (bin: number) => number, missing = 0): FieldDistribution {
  const layout = binLayout(profile);
  const counters = Array.from({ length: layout.size }, (_, at) => (at < layout.bins ? bins(at) : 0));
  counters[layout.missing] = missing;
  return fieldDistribution(fieldReference('x', ['x'], profile), counters);
}

function expectWhole(given: FieldDistribution): void {
  for (const side of ['reference', 'live'] as const)
    expect(given.bins.reduce((total, bin) => total + bin[side], 0)).toBeCloseTo(1, 12);
  expect(given.bins.length).toBeLessThanOrEqual(24);
  expect(plainDistribution(JSON.parse(JSON.stringify(given)))).toEqual(given);
}

describe('B5 the distribution of a field', () => {
  test('B5 numbers: edges and shares are those of the reference, missing values are a share beside', () => {
    const profile = numericProfile([...numbers(1000), ...Array.from({ length: 250 }, () => null)]);
    const given = distribution(profile, (bin) => (bin === 0 ? 60 : bin === 9 ? 40 : 0), 300);
    expectWhole(given);
    expect(given).toMatchObject({ field: 'x', reference: { n: 1000, missing: 0.2 }, live: { n: 100, missing: 0.75 } });
    expect(given).not.toHaveProperty('segment');
    expect(given.bins.map(({ range }) => range)).toEqual(
      [null, ...profile.edges].map((from, bin) => [from, profile.edges[bin] ?? null]),
    );
    expect(given.bins.map(({ reference }) => reference)).toEqual(referenceCounts(profile).map((count) => count / 1000));
    expect(given.bins.map(({ live }) => live)).toEqual([0.6, 0, 0, 0, 0, 0, 0, 0, 0, 0.4]);
  });

  test('B5 values that hold much have a bin of their own, in their place; one without a value has none', () => {
    const half = numericProfile([...numbers(500), ...Array.from({ length: 500 }, () => 100.5)]);
    const given = distribution(half, (bin) => (bin === half.counts.length ? 30 : 10));
    expectWhole(given);
    const at = given.bins.findIndex(({ range }) => range?.[0] === 100.5);
    expect(given.bins[at]).toEqual({ range: [100.5, 100.5], reference: 0.5, live: 30 / 80 });
    const [from, to] = given.bins[at - 1]?.range ?? [];
    expect([Number(from) < 100.5, Number(to) > 100.5]).toEqual([true, true]);
    const flags = numericProfile(numbers(100).map((at) => at % 2));
    expect(distribution(flags, (bin) => (bin === 1 ? 5 : 0)).bins).toEqual([
      { range: [0, 0], reference: 0.5, live: 1 },
      { range: [1, 1], reference: 0.5, live: 0 },
    ]);
  });

  test('B5 a hundred ranges and a hundred frequent values stay 24 bins, and nothing is lost', () => {
    const ranges = distribution(numericProfile(numbers(5000), { bins: 100 }), (bin) => bin);
    expectWhole(ranges);
    expect(ranges.bins).toHaveLength(12);
    for (const [at, { range }] of ranges.bins.entries()) if (at > 0) expect(range?.[0]).toBe(ranges.bins[at - 1]?.range?.[1]);
    const values = distribution(
      numericProfile([...numbers(5000).map((at) => at % 50), ...numbers(200).map((at) => at / 200)], { bins: 100 }),
      (bin) => bin,
    );
    expectWhole(values);
    expect(values.bins.filter(({ range }) => range?.[0] === range?.[1])).toHaveLength(12);
  });

  test('B5 categories: twelve that are frequent on either side, the most frequent first, and all others', () => {
    const profile = categoricalProfile(numbers(40).flatMap((at) => Array.from({ length: 50 - at }, () => `c${at}`)));
    // The rarest category of the reference is half of what is live; a tenth is of none that has a bin.
    const given = distribution(profile, (bin) => (bin === 39 ? 50 : bin === 40 ? 10 : bin === 0 ? 40 : 0));
    expectWhole(given);
    const total = profile.count;
    expect(given.bins.map(({ label }) => label)).toEqual([...numbers(11).map((at) => `c${at}`), 'c39', null]);
    expect(given.bins[0]).toEqual({ label: 'c0', reference: 50 / total, live: 0.4 });
    expect(given.bins[11]).toEqual({ label: 'c39', reference: 11 / total, live: 0.5 });
    expect(given.bins[12]?.live).toBe(0.1);
  });

  test('B5 without a live value all live shares are 0', () => {
    const given = distribution(categoricalProfile(['a', 'b']), () => 0, 4);
    expect(given).toMatchObject({ live: { n: 0, missing: 1 }, bins: [{ live: 0 }, { live: 0 }] });
  });
});
