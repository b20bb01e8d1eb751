import { describe, expect, test } from 'vitest';
import type { RolloutState } from '../control/rollout-state.ts';
import { UnderstudyError } from '../errors/index.ts';
import { always } from '../fallback/always.ts';
import { circuitBreaker } from '../policies/circuit-breaker-policy.ts';
import { off } from '../policies/merge.ts';
import { timeout } from '../policies/timeout.ts';
import { errorRate } from '../rollout/gates/error-rate.ts';
import { thompson } from '../rollout/thompson.ts';
import type { PolicyChange } from '../types/index.ts';
import { routerOf, OPTIONS, snapshotOf } from '../../tests/support/model/variant-router.ts';
import { hostOf } from '../../tests/support/model/dependencies.ts';

const UNITS = Array.from({ length: 2000 }, (_, index) => `unit-${index}`);
const HALF = [{ variant: 'v2', from: 0, to: 5000 }];

test('names are found, also behind the hashes of ids; others are told with those that there are', () => {
  const router = routerOf({ fallback: [always(0)] });
  expect([...router.variants.keys()]).toEqual(['v1', 'v2', 'v3']);
  expect(router.nameOf(router.variant('v2').hash)).toBe('v2');
  expect(router.nameOf(router.fixedTiers[0]?.hash ?? -1)).toBe('always');
  expect(router.nameOf(70_000)).toBe('(another version)');
  expect(() => router.variant('v9')).toThrow(
    expect.objectContaining({
      code: 'UNKNOWN_VARIANT',
      message: 'Model "m" has no variant "v9": it has v1, v2, v3.',
      details: { model: 'm', variant: 'v9' },
    }),
  );
  expect(UnderstudyError.is(router.unknown('x'), 'UNKNOWN_VARIANT')).toBe(true);
});

test('plans are made once', () => {
  const router = routerOf({ fallback: ['v2', always(0)] }, HALF);
  const control = snapshotOf();
  expect(router.planFor('', 'v3', control)).toBe(router.planFor('u', 'v3', control));
  expect(router.planFor('u', undefined, control)).toBe(router.planFor('u', undefined, control));
  expect(router.planGiven('v2', 0.5)).toBe(router.planGiven('v2', 0.5));
  expect(router.planGiven('v2', 0.25).assignment).toMatchObject({
    variant: 'v2',
    probability: 0.25,
    reason: 'assign',
    cell: undefined,
  });
});

describe('who is assigned', () => {
  test('force goes before a pin, a pin before the split', () => {
    const router = routerOf({}, HALF);
    expect(router.planFor('u', 'v3', snapshotOf({ pinned: 'v2' })).assignment).toMatchObject({ variant: 'v3', reason: 'force' });
    for (const unit of UNITS.slice(0, 20))
      expect(router.assignmentOf(unit, snapshotOf({ pinned: 'v2' }))).toMatchObject({
        variant: 'v2',
        reason: 'pin',
        probability: 1,
      });
  });

  test('a pin on a variant of another release is none', () => {
    expect(routerOf().assignmentOf('u', snapshotOf({ pinned: 'v9' }))).toMatchObject({ variant: 'v1', reason: 'champion' });
  });

  test('the split, each with its probability', () => {
    const router = routerOf({}, HALF);
    const given = UNITS.map((unit) => router.assignmentOf(unit, snapshotOf()));
    const share = given.filter(({ variant }) => variant === 'v2').length / UNITS.length;
    expect(share).toBeCloseTo(0.5, 1);
    for (const { probability, reason: by } of given) expect([probability, by]).toEqual([0.5, 'split']);
  });

  test('the units of an isolated challenger are the champion’s; an isolated champion keeps its units', () => {
    const router = routerOf({}, HALF);
    for (const unit of UNITS.slice(0, 50)) {
      expect(router.assignmentOf(unit, snapshotOf({ isolated: ['v2'] })).variant).toBe('v1');
      const before = router.assignmentOf(unit, snapshotOf());
      expect(router.assignmentOf(unit, snapshotOf({ isolated: ['v1'] }))).toBe(before);
    }
  });
});

describe('shares', () => {
  test('of the split', () => {
    const router = routerOf({}, [...HALF, { variant: 'v3', from: 9000, to: 10_000 }]);
    expect(['v1', 'v2', 'v3', 'v9'].map((name) => router.shareOf(name, snapshotOf()))).toEqual([
      expect.closeTo(0.4),
      0.5,
      0.1,
      0,
    ]);
    expect(['v1', 'v2', 'v3'].map((name) => router.isChallenger(name))).toEqual([false, true, true]);
  });

  test('that an allocation wrote hold in place of the declared ones, as far as the variants are known', () => {
    const router = routerOf({ allocation: thompson(), split: { v2: 0.5 } }, HALF);
    const control = snapshotOf({ allocated: { at: 5, shares: { v2: 0.9, v8: 0.05 } } });
    expect(router.shareOf('v2', control)).toBe(0.9);
    expect(router.shareOf('v1', control)).toBeCloseTo(0.1);
    const given = UNITS.filter((unit) => router.assignmentOf(unit, control).variant === 'v2').length / UNITS.length;
    expect(given).toBeCloseTo(0.9, 1);
    expect(router.shareOf('v2', snapshotOf({ allocated: { at: 6, shares: {} } }))).toBe(0);
    expect(router.shareOf('v2', snapshotOf())).toBe(0.5);
  });

  test('of an allocation that this release does not declare change nothing', () => {
    const control = snapshotOf({ allocated: { at: 5, shares: { v2: 0.9 } } });
    expect(routerOf({}, HALF).shareOf('v2', control)).toBe(0.5);
  });
});

describe('a rollout', () => {
  const rollout = { challenger: 'v2', gates: [errorRate({ maxRatio: 2 })] };
  const STATE: RolloutState = {
    id: 'r1',
    pair: 'v2@2 over v1@1',
    attempt: 1,
    phase: 'canary',
    stages: [{ weight: 2500, reached: 500 }],
    startedAt: 0,
    enteredAt: 0,
    held: null,
    inconclusive: false,
    approval: 'none',
    cooldownUntil: 0,
    history: [],
  };

  test('moves its share of the champion’s units, and the champion rescues them before anybody else', () => {
    const router = routerOf({ rollout, fallback: ['v3'] });
    const control = snapshotOf({ rollout: STATE });
    expect([router.shareOf('v1', control), router.shareOf('v2', control)]).toEqual([0.75, 0.25]);
    const given = UNITS.map((unit) => router.planFor(unit, undefined, control));
    const moved = given.filter(({ assignment }) => assignment.variant === 'v2');
    expect(moved.length / UNITS.length).toBeCloseTo(0.25, 1);
    expect(moved[0]?.steps.map(({ name }) => name)).toEqual(['v2', 'v1', 'v3']);
    const cells = new Set(given.map(({ assignment }) => assignment.cell?.probability));
    expect(cells).toEqual(new Set([2000 / 9500, undefined]));
  });

  test('takes from what the split leaves to the champion', () => {
    const router = routerOf({ rollout: { ...rollout, challenger: 'v3' } }, HALF);
    const control = snapshotOf({ rollout: { ...STATE, pair: 'v3@3 over v1@1' } });
    expect(['v1', 'v2', 'v3'].map((name) => router.shareOf(name, control))).toEqual([0.375, 0.5, 0.125]);
    expect(UNITS.map((unit) => router.assignmentOf(unit, control)).find(({ variant }) => variant === 'v3')).toMatchObject({
      probability: 0.125,
      reason: 'rollout',
    });
  });

  test.each([
    ['of another pair', { rollout: { ...STATE, pair: 'v2@1 over v1@1' } }],
    ['under another champion', { champion: 'v3', rollout: STATE }],
    ['that was rolled back', { rollout: { ...STATE, phase: 'rolled-back' } }],
    ['that is a draft', { rollout: { ...STATE, phase: 'draft', stages: [] } }],
  ] as const)('%s moves nobody', (_, changes) => {
    const router = routerOf({ rollout });
    const control = snapshotOf(changes);
    expect([router.shareOf('v1', control), router.shareOf('v2', control)]).toEqual([1, 0]);
    for (const unit of UNITS.slice(0, 100))
      expect(router.assignmentOf(unit, control)).toMatchObject({ variant: 'v1', reason: 'champion' });
  });

  test('a new document is obeyed with the next call', () => {
    const router = routerOf({ rollout });
    const first = router.planFor('u', undefined, snapshotOf({ rollout: { ...STATE, stages: [{ weight: 10_000, reached: 0 }] } }));
    expect(first.assignment.variant).toBe('v2');
    expect(router.planFor('u', undefined, snapshotOf()).assignment.variant).toBe('v1');
  });
});

test('policies of the variant win over the model’s, and theirs over the host’s', () => {
  const { dependencies } = hostOf({ policies: [timeout({ ms: 900 }), circuitBreaker()] });
  const [v1, v2, v3] = Object.values(OPTIONS.variants);
  const router = routerOf(
    {
      policies: [timeout({ ms: 500 })],
      variants: {
        v1: { ...v1, policies: [timeout({ ms: 100 })] },
        v2: { ...v2, policies: [off('circuitBreaker')] },
        v3,
      } as never,
    },
    [],
    dependencies,
  );
  const kinds = [...router.variants.values()].map(({ executor }) => Object.keys(executor.snapshot(0)).toSorted());
  expect(kinds.map((names) => names.includes('circuitBreaker'))).toEqual([true, false, true]);
  expect([...router.variants.values()].map(({ circuit }) => circuit !== undefined)).toEqual([true, false, true]);
});

test('a change of a circuit is told with its variant', () => {
  const changes: [string, PolicyChange][] = [];
  const { dependencies } = hostOf({ policies: [circuitBreaker()] });
  const router = routerOf({}, [], dependencies, (...change) => changes.push(change));
  router.variant('v2').circuit?.force('forced-open', 'a test');
  expect(changes).toMatchObject([['v2', { kind: 'circuitBreaker', to: 'forced-open', reason: 'a test' }]]);
});
