import { describe, expect, it } from 'vitest';
import { parseRollout } from './read-rollout.ts';
import { liveWeight, type RolloutState } from './rollout-state.ts';

const STATE: RolloutState = {
  id: 'r1',
  pair: 'v2@2 over v1@1',
  attempt: 1,
  phase: 'canary',
  stages: [
    { weight: 500, reached: 0 },
    { weight: 2500, reached: 500 },
  ],
  startedAt: 1000,
  enteredAt: 2000,
  held: null,
  inconclusive: false,
  approval: 'none',
  cooldownUntil: 0,
  history: [{ at: 1000, from: '', to: 'draft', by: 'rollout', reason: 'declared', evidence: '' }],
};

describe('liveWeight', () => {
  it.each([
    ['draft', 0],
    ['shadow', 0],
    ['canary', 2500],
    ['champion', 2500],
    ['retired', 2500],
    ['rolled-back', 0],
  ] as const)('%s: %d', (phase, weight) => {
    expect(liveWeight({ ...STATE, phase })).toBe(weight);
  });

  it('is nothing before the first stage', () => {
    expect(liveWeight({ ...STATE, stages: [] })).toBe(0);
  });
});

describe('parseRollout', () => {
  it('reads what was written', () => {
    expect(parseRollout(JSON.parse(JSON.stringify(STATE)))).toEqual(STATE);
    const held = { ...STATE, held: 'a test says so', approval: 'awaited', stages: [], history: [] };
    expect(parseRollout(held)).toEqual(held);
  });

  it.each([null, undefined, 7, 'rollout', [], {}])('%j is none', (value) => {
    expect(parseRollout(value)).toBeNull();
  });

  it.each(Object.keys(STATE))('one without %s is none', (name) => {
    const { [name as keyof RolloutState]: _, ...rest } = STATE;
    expect(parseRollout(rest)).toBeNull();
  });

  it.each([
    { phase: 'beta' },
    { stages: [null] },
    { stages: [{ weight: 0.5, reached: 0 }] },
    { stages: [{ weight: 500 }] },
    { held: 7 },
    { inconclusive: 'no' },
    { approval: 'maybe' },
    { attempt: Number.NaN },
    { startedAt: '1000' },
    { cooldownUntil: null },
  ])('one with %j is none', (change) => {
    expect(parseRollout({ ...STATE, ...change })).toBeNull();
  });
});
