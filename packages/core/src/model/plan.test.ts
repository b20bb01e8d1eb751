import { expect, test } from 'vitest';
import { always } from '../fallback/always.ts';
import { rules } from '../fallback/rules.ts';
import { plainAssignment } from '../routing/assignment.ts';
import { makePlan, variantHash } from './plan.ts';
import { routerOf } from '../../tests/support/model/variant-router.ts';

const table = rules({ name: 'table', version: '9', rows: [] });

test('the assigned variant first, then the fallback in its order, nobody twice', () => {
  const router = routerOf({ fallback: ['v3', table, 'v2', always(0)] });
  const seen: unknown[][] = [];
  const exposureOf = (...facts: unknown[]) => ({ text: `${seen.push(facts)}`, sum: 0 });
  const plan = makePlan(plainAssignment('v2', 0.3, 'split'), router.variant('v2'), router.fallback, exposureOf);
  expect(plan.steps.map(({ name, tier, isLast, hasAlternative }) => [name, tier, isLast, hasAlternative])).toEqual([
    ['v2', 'model', false, true],
    ['v3', 'model', false, false],
    ['table', 'rules', false, false],
    ['always', 'always', true, false],
  ]);
  const assigned = variantHash('v2', '2');
  expect(seen.slice(0, 3)).toEqual([
    [assigned, assigned, 'model', 0, 0.3, false],
    [assigned, variantHash('v3', '3'), 'model', 0, 0.3, false],
    [assigned, variantHash('table', '9'), 'rules', 0, 0.3, false],
  ]);
  expect(plan.steps.map(({ exposure }) => exposure.text)).toEqual(['1', '2', '3', '4']);
});

test('a unit that was left to chance is at risk', () => {
  const router = routerOf();
  const seen: unknown[][] = [];
  const cell = { rollout: 'r', stage: 3, probability: 0.05, onChallenger: true };
  const assignment = { variant: 'v2', probability: 0.05, reason: 'rollout', stage: 3, cell } as const;
  makePlan(assignment, router.variant('v2'), [], (...facts) => ({ text: `${seen.push(facts)}`, sum: 0 }));
  expect(seen).toEqual([[variantHash('v2', '2'), variantHash('v2', '2'), 'model', 3, 0.05, true]]);
});

test.each([
  ['champion', 'v1 is the champion.'],
  ['split', 'The split assigned v1.'],
  ['rollout', 'The rollout assigned v1.'],
  ['assign', 'The option assign chose v1.'],
  ['force', 'The caller forced v1.'],
  ['pin', 'An operator pinned v1.'],
] as const)('by %s: %s', (by, reason) => {
  const assigned = routerOf().variant('v1');
  expect(makePlan(plainAssignment('v1', 1, by), assigned, [], () => ({ text: '', sum: 0 })).reason).toBe(reason);
});

test('another version is another hash of 16 bits', () => {
  expect(variantHash('v1', '1')).not.toBe(variantHash('v1', '2'));
  for (const version of ['1', '2', ''])
    expect(variantHash('v1', version)).toSatisfy((hash: number) => hash >= 0 && hash < 65_536);
});
