import { expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { checkOutcomes } from './check-outcomes.ts';

function told(outcomes: unknown, storeShares = true): readonly { readonly path: string; readonly message: string }[] {
  const problems = new Problems();
  checkOutcomes({ outcomes } as AnyOptions, storeShares, problems);
  return problems.list;
}

test('none, and the least of each', () => {
  expect(told(undefined)).toEqual([]);
  expect(told({ windowMs: 0.5, remembered: 1 })).toEqual([]);
});

test('a window is milliseconds over 0', () => {
  for (const windowMs of [0, -1, Infinity, '9'])
    expect(told({ windowMs })).toEqual([
      { path: 'options.outcomes.windowMs', message: `expected a number over 0, got ${JSON.stringify(windowMs)}` },
    ]);
});

test('so many decisions as can be counted are remembered', () => {
  for (const remembered of [0, 1.5, Number.NaN, Infinity, '9'])
    expect(told({ remembered })).toEqual([
      { path: 'options.outcomes.remembered', message: `expected an integer of at least 1, got ${remembered}` },
    ]);
});

test('decisions are shared over a store that keeps them', () => {
  expect(told({ share: true })).toEqual([]);
  expect(told({ share: false }, false)).toEqual([]);
  expect(told({ share: 'yes' }).map(({ message }) => message)).toEqual(['expected true or false, got "yes"']);
  expect(told({ share: true }, false).map(({ path }) => path)).toEqual(['options.outcomes.share']);
});
