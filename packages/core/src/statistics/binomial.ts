import { checkCount, checkWithin } from './argument-checks.ts';
import { incompleteBeta } from './incomplete-beta.ts';

/**
 * The exact one-sided p-value of "the rate is at most `rate`": P(X ≥ hits) for a binomial X (Abramowitz & Stegun 26.5.24), for one look at
 * a fixed sample. It is below α/2 exactly where the lower bound of C. Clopper and E. Pearson (1934) is above `rate`.
 *
 * @param hits 0 to `trials`
 * @param rate 0..1
 * @throws UnderstudyError `INPUT_INVALID` outside these ranges
 */
export function binomialP(hits: number, trials: number, rate: number): number {
  checkCount(trials, 'trials');
  checkCount(hits, 'hits');
  checkWithin(hits, 0, trials, 'hits');
  checkWithin(rate, 0, 1, 'rate');
  return hits === 0 ? 1 : incompleteBeta(rate, hits, trials - hits + 1).lower;
}
