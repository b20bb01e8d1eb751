import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { unleashPercent, unleashVariantWeight } from './unleash-hash.ts';

type Case = readonly [unit: string, groupId: string, buckets: number, seed: number, normalized: number];
const { unleash } = JSON.parse(readFileSync(new URL('../../tests/support/vectors/bucketing.json', import.meta.url), 'utf8')) as {
  readonly unleash: { readonly cases: readonly Case[] };
};
const ofSeed = (seed: number): readonly Case[] => unleash.cases.filter((row) => row[3] === seed);

test.each(ofSeed(0))('strategy: unit %j of group %j', (unit, groupId, _buckets, _seed, normalized) => {
  expect(unleashPercent(groupId, unit)).toBe(normalized);
});

test.each(ofSeed(86028157))('variant: unit %j of group %j, weight %i', (unit, groupId, totalWeight, _seed, normalized) => {
  expect(unleashVariantWeight(groupId, unit, totalWeight)).toBe(normalized);
});

test('the vectors hold both', () => {
  expect([ofSeed(0).length, ofSeed(86028157).length]).toEqual([4, 2]);
});
