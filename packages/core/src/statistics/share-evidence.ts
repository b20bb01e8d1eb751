import { checkCount, checkOption } from './argument-checks.ts';
import { incompleteBeta } from './incomplete-beta.ts';
import { logBeta } from './log-beta.ts';

/**
 * ln of the e-value against "the share of hits is at most `share`": the likelihood ratio averaged over a Beta(½, ½) that is cut
 * to the larger shares (Robbins' beta mixture, 1970). It depends on the counts only, which may be added up over instances. For
 * "at least `share`", pass misses as hits and 1 − share.
 *
 * @param share strictly between 0 and 1
 * @throws UnderstudyError `INPUT_INVALID` for negative or fractional counts, `CONFIGURATION_INVALID` for the share
 */
export function logShareE(hits: number, misses: number, share: number): number {
  checkCount(hits, 'hits');
  checkCount(misses, 'misses');
  checkOption(share, 0, 1, 'share');
  const above = (a: number, b: number): number => logBeta(a, b) + incompleteBeta(share, a, b).logUpper;
  return above(0.5 + hits, 0.5 + misses) - above(0.5, 0.5) - hits * Math.log(share) - misses * Math.log1p(-share);
}
