import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { growthBookBucket } from './growthbook-hash.ts';

type Case = readonly [seed: string, unit: string, version: 1 | 2, bucket: number];
const { growthbook } = JSON.parse(
  readFileSync(new URL('../../tests/support/vectors/bucketing.json', import.meta.url), 'utf8'),
) as {
  readonly growthbook: { readonly cases: readonly Case[]; readonly nonAscii: readonly Case[] };
};

test.each(growthbook.cases)("GrowthBook's own case: seed %j, unit %j, version %i", (seed, unit, version, bucket) => {
  expect(growthBookBucket(seed, unit, version)).toBe(bucket);
});

test.each(growthbook.nonAscii)('over UTF-16 code units: seed %j, unit %j', (seed, unit, version, bucket) => {
  expect(growthBookBucket(seed, unit, version)).toBe(bucket);
});

test('version 2 unless told', () => {
  expect(growthBookBucket('seed', 'a')).toBe(0.0505);
});
