import { problemsError } from '../errors/index.ts';
import { checkCount, checkOption, checkPositive } from './argument-checks.ts';
import { checkedUniform, drawBeta, drawNormal, type Uniform } from './random-variates.ts';
import { mergeScoreSums, NO_SCORES, scoreMoments, type ScoreSums } from './score-sums.ts';

/** What is known of a variant whose outcomes are good or bad. */
export interface RateArm {
  readonly name: string;
  readonly successes: number;
  readonly failures: number;
}

/** What is known of a variant whose outcomes are numbers: larger is better. */
export interface ScoreArm extends ScoreSums {
  readonly name: string;
}

export interface ThompsonOptions {
  /** Uniform numbers in [0, 1). A seeded generator gives the same shares again. */
  readonly random: () => number;
  /** How often the best arm is drawn, 1 or more: the simulation error of a share is at most 0.5/√draws. @defaultValue 10000 */
  readonly draws?: number;
  /**
   * What every arm keeps, above 0 and below an equal share: what is learnt later can still change the order, and no weight of an
   * off-policy estimate is above 1/minShare. @defaultValue a tenth of an equal share
   */
  readonly minShare?: number;
}

/**
 * Shares for arms with good and bad outcomes by Thompson sampling (W. Thompson, 1933): each arm's is the probability that its
 * rate is the highest under independent Beta(1 + successes, 1 + failures) beliefs, mixed with the minimum share:
 * m + (1 − k·m)·P(best) of k arms.
 *
 * Record the share with which a unit was assigned: rates of arms whose shares follow their results are biased (towards below),
 * and only estimates weighted with it are not.
 *
 * @param arms at least one, names unique; successes and failures are counts
 * @returns name to share, in the order of the arms; they sum to 1
 * @throws UnderstudyError `INPUT_INVALID` for arms and random numbers, `CONFIGURATION_INVALID` for the options
 */
export function thompsonShares(arms: readonly RateArm[], options: ThompsonOptions): ReadonlyMap<string, number> {
  for (const { successes, failures } of arms) {
    checkCount(successes, 'successes');
    checkCount(failures, 'failures');
  }
  return sharesOfBest(
    arms.map(({ name, successes, failures }) => [name, (random) => drawBeta(1 + successes, 1 + failures, random)]),
    options,
  );
}

/**
 * The same for arms whose outcomes are numbers, under normal beliefs of their means with the variance estimated from the scores.
 * Each belief starts as one score would (R. Kass and L. Wasserman's unit-information prior, 1995) with the mean and variance of
 * all scores: an arm without a score is as likely the best as a newcomer may be, and two equal scores prove nothing. Where
 * smaller is better, negate the sums.
 *
 * @throws UnderstudyError `INPUT_INVALID` for arms and random numbers, `CONFIGURATION_INVALID` for the options
 */
export function thompsonScoreShares(arms: readonly ScoreArm[], options: ThompsonOptions): ReadonlyMap<string, number> {
  const all = arms.reduce<ScoreSums>(mergeScoreSums, NO_SCORES);
  const prior = all.count === 0 ? { mean: 0, variance: 0 } : scoreMoments(all);
  return sharesOfBest(
    arms.map((arm) => {
      const units = arm.count + 1;
      const mean = (prior.mean + arm.sum) / units;
      const spread = arm.count === 0 ? 0 : arm.count * scoreMoments(arm).variance;
      const deviation = Math.sqrt((prior.variance + spread) / units / units);
      return [arm.name, (random) => mean + deviation * drawNormal(random)];
    }),
    options,
  );
}

type Belief = readonly [name: string, draw: (random: Uniform) => number];

function sharesOfBest(beliefs: readonly Belief[], options: ThompsonOptions): ReadonlyMap<string, number> {
  const { length } = beliefs;
  checkPositive(length, 'arms.length');
  const { draws = 10_000, minShare = 0.1 / length } = options;
  checkOption(draws, 0, Infinity, 'draws');
  checkOption(minShare, 0, 1 / length, 'minShare');
  const random = checkedUniform(options.random);
  const wins = new Map(beliefs.map(([name]) => [name, 0]));
  if (wins.size < length) throw namesError(beliefs);
  const rounds = Math.ceil(draws);
  for (let round = 0; round < rounds; round++) {
    let best = -Infinity;
    let winners: string[] = [];
    for (const [name, draw] of beliefs) {
      const value = draw(random);
      if (value > best) [best, winners] = [value, [name]];
      else if (value === best) winners.push(name);
    }
    for (const name of winners) wins.set(name, (wins.get(name) ?? 0) + 1 / winners.length);
  }
  const left = 1 - length * minShare;
  return new Map([...wins].map(([name, won]) => [name, minShare + (left * won) / rounds]));
}

function namesError(beliefs: readonly Belief[]): Error {
  const names = beliefs.map(([name]) => name);
  const index = names.findIndex((name, at) => names.indexOf(name) < at);
  const message = `expected a name of its own, got ${JSON.stringify(names[index])} again`;
  return problemsError('INPUT_INVALID', 'The statistics', [{ path: `arms[${index}].name`, message }]);
}
