import { expect, test } from 'vitest';
import { emptyDocument } from '../control/control-document.ts';
import { Problems } from '../errors/index.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { thompson } from '../rollout/thompson.ts';
import { allocationRunner } from '../rollout/allocation-runner.ts';
import { rolloutRunner } from '../rollout/rollout-runner.ts';
import type { AnyOptions } from './any-definition.ts';
import { allocationRunnerOf, checkRolloutWith, commandRollout, rolloutRunnerOf, rolloutPlanOf } from './runners.ts';
import { OPTIONS } from '../../tests/support/model/variant-router.ts';

const GATE = errorRate({ maxRatio: 2 });
const withGates = (gates: unknown): AnyOptions => ({ ...OPTIONS, rollout: { challenger: 'v2', gates } }) as AnyOptions;
const SURROUNDINGS = { variants: ['v1', 'v2'], champion: 'v1', kpis: [], storeProblem: undefined, trustsOutcomes: true };
const NOTE = { by: { id: 'ana', roles: [] }, reason: 'a test' };

test('the runner comes with the first gate that brings one', () => {
  expect(rolloutRunnerOf(withGates([{ name: 'own', check: () => 'hold' }, null, GATE]))).toBe(rolloutRunner);
  for (const gates of [undefined, null, GATE, [], [7], [{ name: 'own' }]])
    expect(rolloutRunnerOf(withGates(gates))).toBeUndefined();
  expect(rolloutRunnerOf(OPTIONS)).toBeUndefined();
});

test('what runs an allocation comes with it', () => {
  expect(allocationRunnerOf({ ...OPTIONS, allocation: thompson() })).toBe(allocationRunner);
  expect(allocationRunnerOf(OPTIONS)).toBeUndefined();
});

test('options are checked by the runner; without one the gates are missing', () => {
  const problems = new Problems();
  checkRolloutWith('m', withGates([GATE]), SURROUNDINGS, problems);
  expect(problems.list).toEqual([]);
  checkRolloutWith('m', withGates([GATE]), { ...SURROUNDINGS, variants: ['v1'] }, problems);
  checkRolloutWith('m', withGates([]), SURROUNDINGS, problems);
  expect(problems.list.map(({ path }) => path)).toEqual(['options.rollout.challenger', 'options.rollout.gates']);
  const both = new Problems();
  checkRolloutWith('m', withGates([]), { ...SURROUNDINGS, storeProblem: 'needs another store' }, both);
  expect(both.list.slice(1)).toEqual([{ path: 'options.rollout', message: 'needs another store' }]);
});

test('the plan names what is compared, with both versions', () => {
  expect(rolloutPlanOf(withGates([GATE]))).toMatchObject({
    challenger: 'v2',
    pair: 'v2@2 over v1@1',
    weights: [500, 2500, 5000, 9800],
  });
  expect(rolloutPlanOf(OPTIONS)).toBeUndefined();
});

test('a command about a rollout is obeyed by the runner; without one it changes nothing, and says so', () => {
  const command = { kind: 'rollout-hold', model: 'm', variant: undefined } as never;
  const { rollout } = emptyDocument('v1');
  expect(() => commandRollout(OPTIONS, undefined)(rollout, command, NOTE, 5)).toThrow(
    expect.objectContaining({
      code: 'CONTROL_CONFLICT',
      message: 'rollout-hold of model "m" changes nothing: it has no rollout in this release. Look at status().rollout.',
      details: { model: 'm' },
    }),
  );
  const options = withGates([GATE]);
  const plan = rolloutPlanOf(options);
  const state = { ...rolloutStateOf(), pair: 'v2@2 over v1@1' };
  const held = commandRollout(options, plan)(state, command, NOTE, 5);
  expect(held).toMatchObject({ held: 'a test', phase: 'canary' });
  expect(held.history).toMatchObject([{ at: 5, by: 'ana', reason: 'a test' }]);
});

function rolloutStateOf() {
  return {
    id: 'r1',
    attempt: 1,
    phase: 'canary',
    stages: [{ weight: 500, reached: 0 }],
    startedAt: 1,
    enteredAt: 1,
    held: null,
    inconclusive: false,
    approval: 'none',
    cooldownUntil: 0,
    history: [],
  } as const;
}
