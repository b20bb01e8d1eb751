import { checkLength } from '../argument-checks.ts';
import { totalCount } from './share-checks.ts';

/** Tables whose chances differ by no more than this factor are as likely as each other: they differ by rounding alone. */
const SAME = 1 + 1e-7;

/**
 * The two-sided p-value of R. Fisher's exact test of two samples of two counts (1935): given all four sums, the chance of a table
 * at most as likely as the one seen. Exact for any counts, and conservative. O(the smallest sum).
 *
 * @param reference counts of two bins, not both 0
 * @param current counts of the same bins, not both 0
 * @throws UnderstudyError `INPUT_INVALID` for what is no count or where both are 0, `CONFIGURATION_INVALID` unless there are two
 */
export function fisherExactP(reference: readonly number[], current: readonly number[]): number {
  checkLength(reference.length, 2, 'reference');
  checkLength(current.length, 2, 'current');
  const referenceTotal = totalCount(reference, 'reference');
  const currentTotal = totalCount(current, 'current');
  const seen = reference[0] ?? 0;
  const first = seen + (current[0] ?? 0);
  const least = Math.max(0, first - currentTotal);
  const most = Math.min(first, referenceTotal);
  // Up from the likeliest table and down from it, each relative to it: no factorials, and nothing that overflows.
  const mode = Math.floor(((first + 1) * (referenceTotal + 1)) / (referenceTotal + currentTotal + 2));
  const ratio = (k: number): number => ((first - k) * (referenceTotal - k)) / ((k + 1) * (currentTotal - first + k + 1));
  const weights = new Float64Array(most - least + 1);
  weights[mode - least] = 1;
  for (let k = mode; k < most; k++) weights[k + 1 - least] = (weights[k - least] ?? 0) * ratio(k);
  for (let k = mode; k > least; k--) weights[k - 1 - least] = (weights[k - least] ?? 0) / ratio(k - 1);
  const bound = (weights[seen - least] ?? 0) * SAME;
  let [extreme, all] = [0, 0];
  for (const weight of weights) {
    all += weight;
    if (weight <= bound) extreme += weight;
  }
  return extreme / all;
}
