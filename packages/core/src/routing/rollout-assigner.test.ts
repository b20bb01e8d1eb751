import { describe, expect, test } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import type { Assignment } from './assignment.ts';
import { TOTAL_WEIGHT } from './bucketing.ts';
import { RolloutAssigner, type RolloutShare } from './rollout-assigner.ts';
import type { UnitHash } from './unit-hash.ts';

const UNITS = Array.from({ length: 100_000 }, (_, index) => `unit-${index}`);
const WEIGHTS = [500, 2500, 5000] as const;

const base: RolloutShare = {
  id: 'b@2 over a@1 #1',
  model: 'm',
  champion: 'a',
  challenger: 'b',
  stage: 1,
  weight: 500,
  reached: 0,
  share: 1,
  hash: 'understudy',
};
const never = (): number => {
  throw new Error('a unit needs no randomness');
};
const assignAll = (share: Partial<RolloutShare>): Assignment[] => {
  const assigner = new RolloutAssigner({ ...base, ...share });
  return UNITS.map((unit) => assigner.assign(unit, never));
};
/** Four standard deviations of a share among `count` units. */
const noise = (share: number, count: number): number => 4 * Math.sqrt((share * (1 - share)) / count);

describe.each<[string, UnitHash]>([
  ['our own hash', 'understudy'],
  ['GrowthBook', { kind: 'growthbook', seed: 'exp' }],
  ['GrowthBook, version 1', { kind: 'growthbook', seed: 'exp', version: 1 }],
  ['Unleash', { kind: 'unleash', groupId: 'flag' }],
])('%s', (_, hash) => {
  const stages = WEIGHTS.map((weight, index) => assignAll({ hash, stage: index + 1, weight, reached: WEIGHTS[index - 1] ?? 0 }));

  test('each share holds the one before, and has its size', () => {
    let before = new Set<string>();
    for (const [index, weight] of WEIGHTS.entries()) {
      const on = new Set(UNITS.filter((_unit, at) => stages[index]?.[at]?.variant === 'b'));
      expect([...before].filter((unit) => !on.has(unit))).toEqual([]);
      expect(Math.abs(on.size / UNITS.length - weight / TOTAL_WEIGHT)).toBeLessThan(noise(weight / TOTAL_WEIGHT, UNITS.length));
      before = on;
    }
  });

  test('a unit is left to chance unless it was on the challenger before, whether it moves or stays', () => {
    for (const [index, stage] of stages.entries()) {
      const wrong = stage.filter(({ variant, cell }, at) => {
        const wasThere = index > 0 && stages[index - 1]?.[at]?.variant === 'b';
        return wasThere
          ? cell !== undefined
          : cell?.onChallenger !== (variant === 'b') || cell.stage !== index + 1 || cell.rollout !== base.id;
      });
      expect(wrong).toEqual([]);
    }
  });

  test('and goes there with the probability that is recorded', () => {
    for (const [index, stage] of stages.entries()) {
      const [weight = NaN, reached = 0] = [WEIGHTS[index], WEIGHTS[index - 1]];
      const probability = (weight - reached) / (TOTAL_WEIGHT - reached);
      const atRisk = stage.filter(({ cell }) => cell !== undefined);
      expect(new Set(atRisk.map(({ cell }) => cell?.probability))).toEqual(new Set([probability]));
      const moved = atRisk.filter(({ variant }) => variant === 'b').length / atRisk.length;
      expect(Math.abs(moved - probability)).toBeLessThan(noise(probability, atRisk.length));
    }
  });

  test('the same unit is always assigned the same', () => {
    const again = assignAll({ hash, stage: 2, weight: 2500, reached: 500 });
    expect(again.map(({ variant }) => variant)).toEqual(stages[1]?.map(({ variant }) => variant));
  });
});

test.each([
  ['attempt', { id: 'b@2 over a@1 #2' }],
  ['model', { model: 'other' }],
])('another %s draws other units', (_, changed) => {
  const on = (share: Partial<RolloutShare>): boolean[] =>
    assignAll({ weight: 2500, ...share }).map(({ variant }) => variant === 'b');
  const [first, second] = [on({}), on(changed)];
  const both = first.filter((is, at) => is && second[at] === true).length / UNITS.length;
  expect(Math.abs(both - 0.25 ** 2)).toBeLessThan(noise(0.25 ** 2, UNITS.length));
});

test('the recorded share is that of all traffic, the cell that of the units the rollout may take', () => {
  const stage = assignAll({ weight: 2500, reached: 500, stage: 2, share: 0.8 });
  const [onChampion, onChallenger] = [stage.find(({ variant }) => variant === 'a'), stage.find(({ variant }) => variant === 'b')];
  expect(onChampion).toMatchObject({ probability: expect.closeTo(0.6, 12) as number, reason: 'rollout', stage: 2 });
  expect(onChallenger).toMatchObject({ probability: expect.closeTo(0.2, 12) as number, reason: 'rollout', stage: 2 });
  expect(onChampion?.cell?.probability).toBeCloseTo(2000 / 9500, 12);
});

test('where nothing is left to chance there are no cells', () => {
  const all = assignAll({ weight: TOTAL_WEIGHT, reached: 9800, stage: 5 });
  expect(
    new Set(all.map(({ variant, cell }) => `${variant} ${cell === undefined ? 'left to nothing' : 'left to chance'}`)),
  ).toEqual(new Set(['b left to nothing']));
  expect(new Set(assignAll({ weight: TOTAL_WEIGHT, reached: TOTAL_WEIGHT }).map(({ variant }) => variant))).toEqual(
    new Set(['b']),
  );
  expect(assignAll({ weight: 0 }).every(({ variant, cell }) => variant === 'a' && cell === undefined)).toBe(true);
});

test('calls without a unit are drawn one by one, with the same shares and cells', () => {
  const random = seededRandom(7);
  const assigner = new RolloutAssigner({ ...base, weight: 2500, reached: 500, stage: 2 });
  const drawn = Array.from({ length: 100_000 }, () => assigner.assign('', random));
  const share = (holds: (one: Assignment) => boolean): number => drawn.filter(holds).length / drawn.length;
  expect(Math.abs(share(({ variant }) => variant === 'b') - 0.25)).toBeLessThan(noise(0.25, drawn.length));
  expect(Math.abs(share(({ cell }) => cell === undefined) - 0.05)).toBeLessThan(noise(0.05, drawn.length));
  expect(drawn.every(({ variant, cell }) => cell === undefined || cell.onChallenger === (variant === 'b'))).toBe(true);
});

test('the ends of the draw: a call goes to the challenger below its weight, not at it', () => {
  const assigner = new RolloutAssigner(base);
  expect(assigner.assign('', () => 0).variant).toBe('b');
  expect(assigner.assign('', () => 0.0499999).variant).toBe('b');
  expect(assigner.assign('', () => 0.05).variant).toBe('a');
  expect(assigner.assign('', () => 1 - 2 ** -53).variant).toBe('a');
});
