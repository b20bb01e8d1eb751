import { describe, expect, test } from 'vitest';
import { Bucketing, TOTAL_WEIGHT } from './bucketing.ts';
import { growthBookBucket } from './growthbook-hash.ts';
import { type UnitHash, unitBuckets } from './unit-hash.ts';
import { unleashPercent } from './unleash-hash.ts';

const UNITS = Array.from({ length: 20_000 }, (_, index) => `unit-${index}`);
const HASHES: readonly UnitHash[] = [
  'understudy',
  { kind: 'growthbook', seed: 'checkout' },
  { kind: 'growthbook', seed: 'checkout', version: 1 },
  { kind: 'unleash', groupId: 'checkout' },
];

test('our own hash is that of Bucketing', () => {
  const ours = unitBuckets('understudy', 'm/assignment');
  const reference = new Bucketing('m/assignment');
  for (const unit of UNITS.slice(0, 1000)) expect(ours.bucket(unit)).toBe(reference.bucket(unit));
});

test.each([1, 2] as const)("GrowthBook version %i: its range [0, share) is our share's", (version) => {
  const ours = unitBuckets({ kind: 'growthbook', seed: 'checkout', version }, 'unused');
  const placed = UNITS.map((unit) => ({ theirs: growthBookBucket('checkout', unit, version), ours: ours.bucket(unit) }));
  for (const share of [0.001, 0.05, 0.25, 0.5, 0.999]) {
    expect(placed.filter((unit) => unit.theirs < share !== unit.ours < share * TOTAL_WEIGHT)).toEqual([]);
  }
});

test('Unleash: enabled at most at the percentage is our share', () => {
  const ours = unitBuckets({ kind: 'unleash', groupId: 'checkout' }, 'unused');
  const placed = UNITS.map((unit) => ({ theirs: unleashPercent('checkout', unit), ours: ours.bucket(unit) }));
  for (let rollout = 0; rollout <= 100; rollout++) {
    expect(placed.filter((unit) => unit.theirs <= rollout !== unit.ours < rollout * 100)).toEqual([]);
  }
});

describe.each(HASHES)('%j', (hash) => {
  test('gives integers from 0 to 9999, also for a unit beyond ASCII', () => {
    const buckets = unitBuckets(hash, 'm');
    for (const unit of ['', 'é', '日本', '😀', ...UNITS.slice(0, 1000)]) {
      expect(buckets.bucket(unit)).toSatisfy((value: number) => Number.isInteger(value) && value >= 0 && value < TOTAL_WEIGHT);
    }
  });

  test('has the probability of a share, also of one that is finer than the other system has', () => {
    const buckets = unitBuckets(hash, 'm');
    for (const share of [0.0005, 0.0055, 0.025, 0.5]) {
      const inside = UNITS.filter((unit) => buckets.bucket(unit) < share * TOTAL_WEIGHT).length;
      // Four standard deviations of a binomial count.
      const tolerance = 4 * Math.sqrt(UNITS.length * share * (1 - share));
      expect(Math.abs(inside - share * UNITS.length)).toBeLessThan(tolerance);
    }
  });
});
