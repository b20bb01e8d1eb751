import { expect, test } from 'vitest';
import { UnderstudyError } from '../errors/index.ts';
import { aipwScore, NO_ARM_SUMS } from './aipw.ts';
import { logMixtureE, mixtureHalfWidth, mixtureRho } from './asymptotic-sequence.ts';
import { mergeEventCounts } from './event-counts.ts';
import { logHarmE, logNonInferiorityE } from './event-race.ts';
import { incompleteBeta } from './incomplete-beta.ts';
import { incompleteGamma } from './incomplete-gamma.ts';
import { logBeta } from './log-beta.ts';
import { logGamma } from './log-gamma.ts';
import { logMeanExp } from './log-mean-exp.ts';
import { logNormalCdf, normalQuantile } from './normal.ts';
import { wilsonInterval } from './proportion-interval.ts';
import { logSampleRatioE } from './sample-ratio.ts';
import { doublyRobust, inversePropensity } from './off-policy.ts';
import { addScore, NO_SCORES } from './score-sums.ts';
import { logShareE } from './share-evidence.ts';
import { thompsonScoreShares, thompsonShares } from './thompson.ts';

const event = { probability: 0.5, champion: 1, challenger: 1 };
const unit = { probability: 0.5, onChallenger: true, value: 1 };
const decision = { reward: 1, loggingProbability: 0.5, targetProbability: 0.5, predictedChosen: 1, predictedTarget: 1 };
const arm = { name: 'a', successes: 1, failures: 1, count: 1, sum: 1, sumOfSquares: 1 };
const mixture = { count: 10, mean: 0, sd: 1, rho: 0.1 };

const WRONG: readonly [field: string, code: 'INPUT_INVALID' | 'CONFIGURATION_INVALID', call: () => unknown][] = [
  ['probability', 'INPUT_INVALID', () => logHarmE([{ ...event, probability: 0 }])],
  ['probability', 'INPUT_INVALID', () => logHarmE([{ ...event, probability: NaN }])],
  ['probability', 'INPUT_INVALID', () => aipwScore(NO_ARM_SUMS, { ...unit, probability: -0.1 })],
  ['value', 'INPUT_INVALID', () => aipwScore(NO_ARM_SUMS, { ...unit, value: Infinity })],
  ['champion', 'INPUT_INVALID', () => logHarmE([{ ...event, champion: -1 }])],
  ['challenger', 'INPUT_INVALID', () => mergeEventCounts([{ ...event, challenger: 0.5 }])],
  ['challenger', 'INPUT_INVALID', () => logNonInferiorityE([{ ...event, challenger: 2 ** 53 }], 2)],
  ['maxRatio', 'CONFIGURATION_INVALID', () => logNonInferiorityE([event], 1)],
  ['maxRatio', 'CONFIGURATION_INVALID', () => logNonInferiorityE([event], NaN)],
  ['score', 'INPUT_INVALID', () => addScore(NO_SCORES, NaN)],
  ['alpha', 'CONFIGURATION_INVALID', () => mixtureRho(0, 100, 2)],
  ['alpha', 'CONFIGURATION_INVALID', () => mixtureRho(0.5, 100, 1)],
  ['units', 'CONFIGURATION_INVALID', () => mixtureRho(0.05, 0, 2)],
  ['alpha', 'CONFIGURATION_INVALID', () => mixtureHalfWidth(mixture, 1, 2)],
  ['sd', 'INPUT_INVALID', () => logMixtureE({ ...mixture, sd: 0 }, 2)],
  ['mean', 'INPUT_INVALID', () => logMixtureE({ ...mixture, mean: NaN }, 1)],
  ['count', 'INPUT_INVALID', () => logMixtureE({ ...mixture, count: -1 }, 1)],
  ['rho', 'CONFIGURATION_INVALID', () => logMixtureE({ ...mixture, rho: 0 }, 1)],
  ['counts[1]', 'INPUT_INVALID', () => logSampleRatioE([1, -1], [1, 1])],
  ['weights[1]', 'CONFIGURATION_INVALID', () => logSampleRatioE([1, 1], [1, 0])],
  ['weights.length', 'CONFIGURATION_INVALID', () => logSampleRatioE([1, 1], [1])],
  ['concentration', 'CONFIGURATION_INVALID', () => logSampleRatioE([1, 1], [1, 1], -1)],
  ['logs[0]', 'INPUT_INVALID', () => logMeanExp([NaN])],
  ['successes', 'INPUT_INVALID', () => wilsonInterval(3, 2, 0.05)],
  ['trials', 'INPUT_INVALID', () => wilsonInterval(0, 0, 0.05)],
  ['alpha', 'CONFIGURATION_INVALID', () => wilsonInterval(1, 2, 0)],
  ['decisions.length', 'INPUT_INVALID', () => inversePropensity([])],
  ['clip', 'CONFIGURATION_INVALID', () => inversePropensity([decision], { clip: 0 })],
  ['loggingProbability', 'INPUT_INVALID', () => doublyRobust([{ ...decision, loggingProbability: 0 }])],
  ['x', 'INPUT_INVALID', () => logGamma(0)],
  ['b', 'INPUT_INVALID', () => logBeta(1, NaN)],
  ['x', 'INPUT_INVALID', () => incompleteBeta(1.1, 1, 1)],
  ['a', 'INPUT_INVALID', () => incompleteBeta(0.1, 0, 1)],
  ['x', 'INPUT_INVALID', () => incompleteGamma(1, -1)],
  ['z', 'INPUT_INVALID', () => logNormalCdf(NaN)],
  ['p', 'INPUT_INVALID', () => normalQuantile(NaN)],
  ['clip', 'CONFIGURATION_INVALID', () => doublyRobust([decision], { clip: 0 })],
  ['alpha', 'CONFIGURATION_INVALID', () => inversePropensity([decision], { alpha: 1 })],
  ['hits', 'INPUT_INVALID', () => logShareE(-1, 0, 0.5)],
  ['misses', 'INPUT_INVALID', () => logShareE(0, 0.5, 0.5)],
  ['share', 'CONFIGURATION_INVALID', () => logShareE(1, 1, 1)],
  ['share', 'CONFIGURATION_INVALID', () => logShareE(1, 1, NaN)],
  ['arms.length', 'INPUT_INVALID', () => thompsonShares([], { random: Math.random })],
  ['successes', 'INPUT_INVALID', () => thompsonShares([{ ...arm, successes: -1 }], { random: Math.random })],
  ['failures', 'INPUT_INVALID', () => thompsonShares([{ ...arm, failures: 0.5 }], { random: Math.random })],
  ['arms[1].name', 'INPUT_INVALID', () => thompsonShares([arm, arm], { random: Math.random })],
  ['random()', 'INPUT_INVALID', () => thompsonShares([arm], { random: () => NaN })],
  ['random()', 'INPUT_INVALID', () => thompsonShares([arm], { random: () => 1 })],
  ['sum', 'INPUT_INVALID', () => thompsonScoreShares([{ ...arm, sum: NaN }], { random: Math.random })],
  ['draws', 'CONFIGURATION_INVALID', () => thompsonShares([arm], { random: Math.random, draws: 0 })],
  ['minShare', 'CONFIGURATION_INVALID', () => thompsonShares([arm], { random: Math.random, minShare: 0 })],
  [
    'minShare',
    'CONFIGURATION_INVALID',
    () => thompsonShares([arm, { ...arm, name: 'b' }], { random: Math.random, minShare: 0.5 }),
  ],
];

test.each(WRONG)('%s: %s', (field, code, call) => {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(UnderstudyError.is(thrown, code)).toBe(true);
  expect(thrown).toMatchObject({ details: { problems: [{ path: field }] } });
  expect(String(thrown)).toContain('expected');
});
