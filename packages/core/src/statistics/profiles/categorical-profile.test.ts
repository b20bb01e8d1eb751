import { expect, test } from 'vitest';
import { categoricalProfile } from '../../../tests/support/statistics/categorical-profile.ts';
import { CategoricalProfileBuilder } from './categorical-profile.ts';

test('counts categories, the most frequent first, and what is missing apart', () => {
  expect(categoricalProfile(['b', 'a', 'b', null, true, undefined, NaN, 3])).toEqual({
    version: 1,
    kind: 'categorical',
    count: 5,
    missing: 3,
    distinct: 4,
    categories: [
      { value: 'b', count: 2 },
      { value: 'a', count: 1 },
      { value: 'true', count: 1 },
      { value: '3', count: 1 },
    ],
    other: 0,
  });
  expect(categoricalProfile([])).toMatchObject({ count: 0, missing: 0, distinct: 0, categories: [], other: 0 });
});

test('beyond the cap the rest is other; distinct values stay exact up to ten times the cap', () => {
  const profile = categoricalProfile(['a', 'a', 'a', 'b', 'b', 'c', 'd'], { maxCategories: 2 });
  expect(profile).toMatchObject({ distinct: 4, other: 2 });
  expect(profile.categories).toEqual([
    { value: 'a', count: 3 },
    { value: 'b', count: 2 },
  ]);
});

test('memory and errors stay bounded with a hundred thousand distinct values; builders merge', () => {
  const builders = [new CategoricalProfileBuilder({ maxCategories: 20 }), new CategoricalProfileBuilder({ maxCategories: 20 })];
  for (let index = 0; index < 100_000; index++) {
    builders[index % 2]?.add(`id-${index}`);
    if (index % 4 === 0) builders[0]?.add('often');
  }
  const [first, second] = builders;
  if (second !== undefined) first?.merge(second);
  const profile = first?.build();
  expect(profile?.count).toBe(125_000);
  expect(Math.abs((profile?.distinct ?? 0) / 100_001 - 1)).toBeLessThan(0.06);
  expect(profile?.categories.length).toBeLessThanOrEqual(20);
  expect(profile?.categories[0]?.value).toBe('often');
  expect(profile?.categories[0]?.count).toBeLessThanOrEqual(25_000);
  expect(profile?.categories[0]?.count).toBeGreaterThan(25_000 - 125_000 / 100);
  expect((profile?.categories ?? []).reduce((sum, { count }) => sum + count, profile?.other ?? 0)).toBe(125_000);
});

test('refuses a cap that cannot be', () => {
  expect(() => categoricalProfile([], { maxCategories: 0 })).toThrow('maxCategories');
});
