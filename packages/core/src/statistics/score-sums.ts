import { checkCount, checkFinite } from './argument-checks.ts';

/** Sums of scores (AIPW scores, or paired differences): they merge by addition, and give the mean and the variance. */
export interface ScoreSums {
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

export const NO_SCORES: ScoreSums = { count: 0, sum: 0, sumOfSquares: 0 };

export function addScore(sums: ScoreSums, score: number): ScoreSums {
  // Its square goes into a sum.
  checkFinite(score * score, 'score');
  return mergeScoreSums(sums, { count: 1, sum: score, sumOfSquares: score * score });
}

export function mergeScoreSums(a: ScoreSums, b: ScoreSums): ScoreSums {
  for (const { count, sum, sumOfSquares } of [a, b]) {
    checkCount(count, 'count');
    checkFinite(sum, 'sum');
    checkFinite(sumOfSquares, 'sumOfSquares');
  }
  return { count: a.count + b.count, sum: a.sum + b.sum, sumOfSquares: a.sumOfSquares + b.sumOfSquares };
}

/**
 * Mean and population variance (divided by n). Scores are differences, whose mean is not far larger than their spread: then
 * the sum of squares keeps its digits. Both are NaN without a score.
 */
export function scoreMoments({ count, sum, sumOfSquares }: ScoreSums): { readonly mean: number; readonly variance: number } {
  const mean = sum / count;
  return { mean, variance: Math.max(sumOfSquares / count - mean * mean, 0) };
}
