import { expect, test } from 'vitest';
import type { RolloutState } from '../control/rollout-state.ts';
import type { UnderstudyEvent } from '../events/event.ts';
import { DecisionIds } from '../routing/decision-id.ts';
import type { ShadowResult } from '../routing/shadow-job.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { WallTime } from '../time/index.ts';
import type { ModelDependencies } from './model-dependencies.ts';
import { ModelEvents } from './model-events.ts';
import { hostOf } from '../../tests/support/model/dependencies.ts';

function setUp(changes: Partial<ModelDependencies> = {}) {
  const clock = new VirtualClock();
  const { dependencies, published } = hostOf({ clock, ...changes });
  const wallTime = new WallTime(clock);
  return {
    clock,
    published,
    events: new ModelEvents('m', 'v2', dependencies, new DecisionIds('m', wallTime, dependencies.words, undefined), wallTime),
  };
}

const CHANGE = { kind: 'circuitBreaker', name: 'm/v1', from: 'closed', to: 'open', reason: 'half of 20 failed' } as const;
const TARGET = {
  variant: 'v2',
  version: '2',
  predictor: () => 1,
  accept: () => 1,
  compare: () => ({ agrees: true }),
  failed: () => undefined,
};
const COMPARED: ShadowResult = {
  decisionId: 'd1',
  target: TARGET,
  resultClass: 'ok',
  agrees: false,
  difference: 0.5,
  durationMs: 12,
  errorType: undefined,
  input: 'secret',
  unit: 'secret',
  served: 'secret',
  output: 'secret',
};

test('an event goes to the listeners of the model, then to the host, frozen, with its head', () => {
  const { events, published, clock } = setUp();
  const heard: UnderstudyEvent[] = [];
  events.bus.on('circuit-changed', (event) => void heard.push(event));
  events.policyChanged('v1', CHANGE);
  expect(heard).toEqual([
    {
      v: 1,
      type: 'circuit-changed',
      id: expect.stringMatching(/^[-\w]{20}$/),
      at: clock.wall(),
      model: 'm',
      variant: 'v1',
      from: 'closed',
      to: 'open',
      reason: 'half of 20 failed',
    },
  ]);
  expect(published[0]).toBe(heard[0]);
  expect(Object.isFrozen(heard[0])).toBe(true);
});

test('changes of other policies are no events', () => {
  const { events, published } = setUp();
  events.policyChanged('v1', { ...CHANGE, kind: 'concurrencyLimit' });
  expect(published).toEqual([]);
});

test('one that nobody wants is not made; a listener of the model alone is enough', () => {
  const wanted: string[] = [];
  const { events, published } = setUp({ wants: (type) => (wanted.push(type), false) });
  const draws = () => events.policyChanged('v1', CHANGE);
  draws();
  expect(wanted).toEqual(['circuit-changed']);
  const heard: unknown[] = [];
  const off = events.bus.on('circuit-changed', (event) => void heard.push(event));
  draws();
  off();
  draws();
  expect([heard.length, published.length]).toEqual([1, 0]);
});

test('a compared shadow is told by its decision, without any content', () => {
  const { events, published } = setUp();
  events.shadowCompared(COMPARED);
  events.shadowCompared({ ...COMPARED, difference: Number.NaN, agrees: null, resultClass: 'failed', errorType: 'TIMEOUT' });
  expect(published).toMatchObject([
    {
      id: 'd1/v2',
      decisionId: 'd1',
      variant: 'v2',
      version: '2',
      resultClass: 'ok',
      agrees: false,
      difference: 0.5,
      durationMs: 12,
    },
    { resultClass: 'failed', agrees: null, errorType: 'TIMEOUT' },
  ]);
  expect(published[0]).not.toHaveProperty('errorType');
  expect(published[1]).not.toHaveProperty('difference');
  expect(JSON.stringify(published)).not.toContain('secret');
});

test('a transition is told with the share that it leaves', () => {
  const { events, published } = setUp();
  const state = { id: 'r1', phase: 'canary', stages: [{ weight: 500, reached: 0 }] } as unknown as RolloutState;
  const transition = { at: 1, from: 'draft', to: 'canary 5 %', by: 'rollout', reason: 'why', evidence: 'abc' };
  events.rolloutChanged(state, transition, 6);
  expect(published).toMatchObject([
    {
      type: 'rollout-changed',
      rollout: 'r1',
      challenger: 'v2',
      share: 0.05,
      from: 'draft',
      to: 'canary 5 %',
      evidence: 'abc',
      version: 6,
    },
  ]);
});

test('a command is told with who gave it, why, and whether it was obeyed', () => {
  const { events, published } = setUp();
  const note = { by: { id: 'ana', roles: ['ops'] }, reason: 'a test' };
  events.commanded({ kind: 'pin', model: 'm', variant: 'v2' } as never, note, 'obeyed', 3);
  events.commanded({ kind: 'pause', model: 'm', variant: undefined } as never, note, 'forbidden', 3);
  expect(published).toMatchObject([
    {
      type: 'control-changed',
      command: 'pin',
      by: 'ana',
      roles: ['ops'],
      reason: 'a test',
      result: 'obeyed',
      version: 3,
      variant: 'v2',
    },
    { command: 'pause', result: 'forbidden' },
  ]);
  expect(published[1]).not.toHaveProperty('variant');
});
