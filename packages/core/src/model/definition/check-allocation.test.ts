import { expect, test } from 'vitest';
import { Problems } from '../../errors/index.ts';
import { thompson } from '../../rollout/index.ts';
import type { AnyContract, AnyOptions } from '../any-definition.ts';
import { checkAllocation } from './check-allocation.ts';

function told(changes: object, { kpis = {}, trusts = true } = {}): readonly string[] {
  const problems = new Problems();
  const options = { champion: 'v1', split: { v2: 0.2 }, allocation: thompson(), ...changes };
  checkAllocation({ kpis } as unknown as AnyContract, options as unknown as AnyOptions, trusts, problems);
  return problems.list.map(({ path }) => path.replace('options.', ''));
}

test('none, one by what served, and one by a KPI', () => {
  expect(told({ allocation: undefined, split: undefined })).toEqual([]);
  expect(told({})).toEqual([]);
  expect(told({ allocation: thompson({ reward: { kpi: 'a' } }) }, { kpis: { a: {} } })).toEqual([]);
});

test('one of your own is made of thompson(), which brings what runs it', () => {
  const allocate = () => new Map([['v1', 1]]);
  expect(told({ allocation: { ...thompson(), allocate } })).toEqual([]);
  for (const allocation of [null, 7, {}, { reward: 'served', everyMs: 5, allocate }])
    expect(told({ allocation })).toEqual(['allocation']);
});

test('has arms, and moves traffic alone', () => {
  expect(told({ split: undefined })).toEqual(['split']);
  expect(told({ split: { v1: 1 } })).toEqual(['split']);
  expect(told({ rollout: {} })).toEqual(['allocation']);
});

test('a KPI that the contract has, told by a source that can be trusted', () => {
  const allocation = thompson({ reward: { kpi: 'a' } });
  expect(told({ allocation })).toEqual(['allocation.reward.kpi']);
  expect(told({ allocation }, { kpis: { a: {} }, trusts: false })).toEqual(['allocation.reward']);
  expect(told({ allocation: { ...thompson(), reward: undefined } })).toEqual(['allocation.reward.kpi']);
});

test('its own problems, at their paths', () => {
  expect(told({ allocation: thompson({ everyMs: 0 }) })).toEqual(['allocation.everyMs']);
});
