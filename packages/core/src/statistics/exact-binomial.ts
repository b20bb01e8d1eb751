import { checkCount, checkPositive, checkWithin } from './argument-checks.ts';
import { incompleteBeta } from './incomplete-beta.ts';

/**
 * The one-sided p-value of the exact binomial test, for one look at a fixed sample: P(X ≤ successes) for `less`, which is evidence
 * that the rate is below `rate`, P(X ≥ successes) for `greater` (C. Clopper and E. Pearson, 1934).
 *
 * @param trials at least 1
 * @param rate the rate to test, 0–1
 * @throws UnderstudyError `INPUT_INVALID` for counts that cannot be or a rate outside 0–1
 */
export function exactBinomialP(successes: number, trials: number, rate: number, side: 'less' | 'greater'): number {
  checkCount(trials, 'trials');
  checkPositive(trials, 'trials');
  checkCount(successes, 'successes');
  checkWithin(successes, 0, trials, 'successes');
  checkWithin(rate, 0, 1, 'rate');
  if (side === 'less') return successes === trials ? 1 : incompleteBeta(rate, successes + 1, trials - successes).upper;
  return successes === 0 ? 1 : incompleteBeta(rate, successes, trials - successes + 1).lower;
}
