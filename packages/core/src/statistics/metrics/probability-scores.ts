import { checkCount, checkFinite, checkPositive, checkWithin } from '../argument-checks.ts';
import { ratio } from './ratio.ts';

/** Sums behind the log loss and the Brier score of predicted probabilities. Merge by addition. */
export interface ProbabilitySums {
  readonly count: number;
  /** Σ −ln of the probability of what happened. */
  readonly logLoss: number;
  /** Σ of squared errors. */
  readonly squares: number;
}

export const NO_PROBABILITIES: ProbabilitySums = { count: 0, logLoss: 0, squares: 0 };

/** Probabilities are clipped to this: one wrong certainty costs 36.04, not everything. As scikit-learn does for doubles. */
const LEAST = Number.EPSILON;

const surprise = (probability: number): number => -Math.log(Math.min(Math.max(probability, LEAST), 1 - LEAST));

/**
 * One more yes/no case; its Brier score is (p − y)².
 *
 * @param probability of the positive class, 0..1
 * @throws UnderstudyError `INPUT_INVALID`
 */
export function addProbability(sums: ProbabilitySums, probability: number, positive: boolean): ProbabilitySums {
  checkWithin(probability, 0, 1, 'probability');
  const error = Number(positive) - probability;
  return {
    count: sums.count + 1,
    logLoss: sums.logLoss + surprise(positive ? probability : 1 - probability),
    squares: sums.squares + error * error,
  };
}

/**
 * One more case of several classes; its Brier score is the sum over the classes (G. Brier, 1950), 0..2.
 *
 * @param probabilities by class, each 0..1, with sum 1
 * @param actual the index of the class that is true
 * @throws UnderstudyError `INPUT_INVALID`
 */
export function addProbabilities(sums: ProbabilitySums, probabilities: readonly number[], actual: number): ProbabilitySums {
  checkCount(actual, 'actual');
  checkPositive(probabilities.length - actual, 'probabilities.length - actual');
  for (const [index, probability] of probabilities.entries()) checkWithin(probability, 0, 1, `probabilities[${index}]`);
  // Enough for single precision, and too little for scores that are no probabilities.
  const total = probabilities.reduce((sum, probability) => sum + probability, 0);
  checkWithin(total, 0.999, 1.001, 'sum of probabilities');
  return {
    count: sums.count + 1,
    logLoss: sums.logLoss + surprise(probabilities[actual] ?? 0),
    squares: probabilities.reduce((sum, probability, index) => sum + (probability - Number(index === actual)) ** 2, sums.squares),
  };
}

/** @throws UnderstudyError `INPUT_INVALID` for sums that cannot be */
export function mergeProbabilitySums(a: ProbabilitySums, b: ProbabilitySums): ProbabilitySums {
  for (const { count, logLoss, squares } of [a, b]) {
    checkCount(count, 'count');
    checkFinite(logLoss, 'logLoss');
    checkFinite(squares, 'squares');
  }
  return { count: a.count + b.count, logLoss: a.logLoss + b.logLoss, squares: a.squares + b.squares };
}

/** Mean log loss, in nats, and mean Brier score: null without a case. */
export function probabilityScores({ count, logLoss, squares }: ProbabilitySums): {
  readonly logLoss: number | null;
  readonly brier: number | null;
} {
  return { logLoss: ratio(logLoss, count), brier: ratio(squares, count) };
}
