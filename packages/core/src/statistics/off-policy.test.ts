import { describe, expect, test } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { doublyRobust, inversePropensity, type LoggedDecision, type PolicyValue, type PredictedDecision } from './off-policy.ts';

/** Units of two segments: 20 % go to v2, which earns 0.4 in segment 0 and 0.7 in segment 1. The target is v2 for all: 0.55. */
const TRUTH = 0.55;
function log(units: number, perUnit: number, seed: number): readonly PredictedDecision[] {
  const random = seededRandom(seed);
  return Array.from({ length: units }, (_, unit) => {
    const segment = random() < 0.5 ? 0 : 1;
    const onV2 = random() < 0.2;
    const rate = onV2 ? 0.4 + 0.3 * segment : 0.3;
    // A sticky unit earns the same every time.
    const reward = random() < rate ? 1 : 0;
    const decision = {
      reward,
      loggingProbability: onV2 ? 0.2 : 0.8,
      targetProbability: onV2 ? 1 : 0,
      predictedChosen: onV2 ? 0.35 + 0.3 * segment : 0.5,
      predictedTarget: 0.35 + 0.3 * segment,
      unit: `u${unit}`,
    };
    return Array.from({ length: perUnit }, () => decision);
  }).flat();
}

const withoutUnits = (decisions: readonly PredictedDecision[]): readonly PredictedDecision[] =>
  decisions.map(({ unit: _, ...decision }) => decision);

const ESTIMATORS: readonly [string, (decisions: readonly PredictedDecision[]) => PolicyValue][] = [
  ['ips', (decisions) => inversePropensity(decisions).ips],
  ['snips', (decisions) => inversePropensity(decisions).snips],
  ['doubly robust', (decisions) => doublyRobust(decisions)],
];

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);

/** Share of logs whose interval holds the truth. */
function coverage(estimate: (decisions: readonly PredictedDecision[]) => PolicyValue, perUnit: number, units = true): number {
  const covered = SEEDS.filter((seed) => {
    const decisions = log(300, perUnit, seed);
    const { lower, upper } = estimate(units ? decisions : withoutUnits(decisions));
    return lower <= TRUTH && TRUTH <= upper;
  });
  return covered.length / SEEDS.length;
}

describe.each(ESTIMATORS)('%s', (_, estimate) => {
  test('covers the truth in about 95 % of logs, also with several decisions of a sticky unit', () => {
    // Three standard deviations of a share of 300, or nearly.
    for (const perUnit of [1, 4]) {
      const covered = coverage(estimate, perUnit);
      expect(covered).toBeGreaterThan(0.915);
      expect(covered).toBeLessThan(0.985);
    }
  });

  test('without their units, decisions of sticky ones give an interval that is too narrow', () => {
    expect(coverage(estimate, 4, false)).toBeLessThan(0.8);
  });

  test('repeating every decision of a unit changes neither value nor error', () => {
    const [once, often] = [estimate(log(300, 1, 1)), estimate(log(300, 5, 1))];
    expect(often.value).toBeCloseTo(once.value, 12);
    expect(often.standardError).toBeCloseTo(once.standardError, 12);
  });

  test('one unit has no interval', () => {
    const { standardError, lower, upper } = estimate(log(1, 3, 1));
    expect([standardError, lower, upper]).toEqual([NaN, NaN, NaN]);
  });

  test('a smaller alpha gives a wider interval round the same value', () => {
    const decisions = log(300, 1, 2);
    const [wide, narrow] = [0.01, 0.1].map((alpha) => [
      inversePropensity(decisions, { alpha }).ips,
      doublyRobust(decisions, { alpha }),
    ]);
    for (const index of [0, 1]) {
      const [outer, inner] = [wide?.[index], narrow?.[index]];
      expect(outer?.lower).toBeLessThan(inner?.lower ?? NaN);
      expect(outer?.upper).toBeGreaterThan(inner?.upper ?? NaN);
      expect(outer?.value).toBe(inner?.value);
    }
  });
});

test('the error of the mean of four equally weighted rewards', () => {
  const decisions = [1, 2, 3, 4].map((reward) => ({ reward, loggingProbability: 0.5, targetProbability: 0.5 }));
  const { ips, snips, effectiveSampleSize, meanWeight } = inversePropensity(decisions);
  // Sample deviation √(5/3), over √4.
  expect(ips.standardError).toBeCloseTo(Math.sqrt(5 / 12), 12);
  expect(snips.standardError).toBeCloseTo(Math.sqrt(5 / 12), 12);
  expect(ips.upper).toBeCloseTo(2.5 + 1.959963984540054 * Math.sqrt(5 / 12), 9);
  expect([effectiveSampleSize, meanWeight]).toEqual([4, 1]);
});

test('a reward model that predicts makes the doubly robust interval narrower', () => {
  const decisions = log(2000, 1, 3);
  expect(doublyRobust(decisions).standardError).toBeLessThan(0.8 * inversePropensity(decisions).ips.standardError);
});

test('the mean weight shows what the log cannot support, and what clipping took away', () => {
  const decisions = log(20_000, 1, 4);
  expect(inversePropensity(decisions).meanWeight).toBeCloseTo(1, 1);
  expect(inversePropensity(decisions, { clip: 2 }).meanWeight).toBeCloseTo(0.4, 1);
  // A target that would choose what was never logged half of the time.
  const unsupported = decisions.map<LoggedDecision>(({ reward, loggingProbability, targetProbability }) => ({
    reward,
    loggingProbability,
    targetProbability: targetProbability / 2,
  }));
  expect(inversePropensity(unsupported).meanWeight).toBeCloseTo(0.5, 1);
});

test('clipping lowers the error and shifts the value, and the doubly robust estimate less', () => {
  const decisions = log(20_000, 1, 5);
  const clipped = inversePropensity(decisions, { clip: 2 }).ips;
  expect(clipped.standardError).toBeLessThan(inversePropensity(decisions).ips.standardError);
  expect(clipped.value).toBeCloseTo(0.4 * TRUTH, 1);
  expect(Math.abs(doublyRobust(decisions, { clip: 2 }).value - TRUTH)).toBeLessThan(0.05);
});
