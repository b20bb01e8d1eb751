import { expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import { circuitBreaker, off, retry } from '../../policies/index.ts';
import { checkPolicies } from './check-policies.ts';

function told(policies: unknown): readonly string[] {
  const problems = new Problems();
  checkPolicies(policies, 'policies', problems);
  return problems.list.map(({ path }) => path);
}

test('none, ours, off() and one of your own', () => {
  expect(told(undefined)).toEqual([]);
  expect(told([])).toEqual([]);
  expect(told([retry(), circuitBreaker(), off('timeout'), { kind: 'mine', create: () => undefined }])).toEqual([]);
});

test('what is no list, and each that is no policy', () => {
  expect(told(retry())).toEqual(['policies']);
  expect(told(null)).toEqual(['policies']);
  expect(told([retry(), null, 'retry', retry, { kind: 7, create: 1 }, { kind: 'x' }])).toEqual(
    [1, 2, 3, 4, 5].map((index) => `policies[${index}]`),
  );
});
