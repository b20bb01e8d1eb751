import { expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import type { BucketRange } from '../../routing/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { checkSplit } from './check-split.ts';
import { knownAmong } from './check-variants.ts';

function told(split: unknown): { readonly ranges: readonly BucketRange[]; readonly paths: readonly string[] } {
  const problems = new Problems();
  const known = knownAmong(['v1', 'v2', 'v3', 'v4'], problems);
  const ranges = checkSplit({ champion: 'v1', split } as AnyOptions, known, problems);
  return { ranges, paths: problems.list.map(({ path }) => path) };
}

test('no split reserves nothing', () => {
  expect(told(undefined)).toEqual({ ranges: [], paths: [] });
});

test('challengers have ranges that grow towards each other; the champion has what is left, said or not', () => {
  const ranges = [
    { variant: 'v2', from: 0, to: 2000 },
    { variant: 'v3', from: 9000, to: 10_000 },
  ];
  expect(told({ v2: 0.2, v3: 0.1 })).toEqual({ ranges, paths: [] });
  expect(told({ v1: 0.7, v2: 0.2, v3: 0.1 })).toEqual({ ranges, paths: [] });
  expect(told({ v2: 1 })).toEqual({ ranges: [{ variant: 'v2', from: 0, to: 10_000 }], paths: [] });
});

test.each([
  [{ v2: 1.01 }, ['options.split.v2']],
  [{ v2: -0.1 }, ['options.split.v2']],
  [{ v2: Number.NaN }, ['options.split.v2']],
  [{ v2: '0.2' }, ['options.split.v2']],
  [{ v9: 0.1 }, ['options.split.v9']],
  [{ v2: 0.6, v3: 0.6 }, ['options.split']],
  [{ v1: 0.5, v2: 0.2 }, ['options.split.v1']],
  [{ v2: 0.6, v3: 0.1, v4: 0.1 }, ['options.split.v2']],
])('%j', (split, paths) => {
  expect(told(split).paths).toEqual(paths);
});

test('shares that floating point adds up to a hair over 1 are 1', () => {
  expect(0.7 + 0.2 + 0.1).toBeLessThan(1);
  expect(told({ v1: 0.1 + 0.2, v2: 0.7 })).toEqual({ ranges: [{ variant: 'v2', from: 0, to: 7000 }], paths: [] });
});
