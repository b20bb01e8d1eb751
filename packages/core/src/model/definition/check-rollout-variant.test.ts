import { expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { checkRolloutVariant } from './check-rollout-variant.ts';

function told(options: object): readonly string[] {
  const problems = new Problems();
  checkRolloutVariant({ variants: { v1: {}, v2: {} }, champion: 'v1', ...options } as unknown as AnyOptions, problems);
  return problems.list.map(({ path }) => path);
}

test('a challenger that is nowhere else, with a shadow stage', () => {
  expect(told({ rollout: { challenger: 'v2', shadow: {} }, split: { v3: 0.1 } })).toEqual([]);
});

test('a challenger that the split gives a share already', () => {
  expect(told({ rollout: { challenger: 'v2' }, split: { v2: 0 } })).toEqual(['options.split.v2']);
});

test.each(['once', 'idempotent'])('a shadow stage of a challenger with effects %s', (effects) => {
  const variants = { v1: {}, v2: { effects } };
  expect(told({ variants, rollout: { challenger: 'v2', shadow: {} } })).toEqual(['options.rollout.shadow']);
  expect(told({ variants, rollout: { challenger: 'v2' } })).toEqual([]);
});
