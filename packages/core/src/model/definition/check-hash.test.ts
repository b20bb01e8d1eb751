import { expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import type { AnyOptions } from '../any-definition.ts';
import { checkHash } from './check-hash.ts';

function told(options: object): number {
  const problems = new Problems();
  checkHash(options as AnyOptions, problems);
  expect(problems.list.every(({ path }) => path === 'options.hash')).toBe(true);
  return problems.list.length;
}

test('our own, and those of the other systems', () => {
  for (const hash of [undefined, 'understudy', { kind: 'growthbook', seed: 's' }, { kind: 'unleash', groupId: 'g' }])
    expect(told({ hash })).toBe(0);
});

test('anything else', () => {
  for (const hash of [
    null,
    'murmur',
    {},
    { kind: 'growthbook', groupId: 'g' },
    { kind: 'unleash', seed: 's' },
    { kind: 'unleash', groupId: 7 },
  ])
    expect(told({ hash })).toBe(1);
});

test('a split and a rollout need two hashes, which only ours has', () => {
  const both = { split: {}, rollout: {} };
  expect(told({ ...both, hash: 'understudy' })).toBe(0);
  expect(told({ ...both, hash: { kind: 'unleash', groupId: 'g' } })).toBe(1);
  expect(told({ split: {}, hash: { kind: 'unleash', groupId: 'g' } })).toBe(0);
});
