import { normalised } from './share-checks.ts';

/**
 * The total variation ½ Σ |p − q|, from 0 (equal) to 1 (disjoint): the share of cases that would have to change their bin. Takes
 * counts or shares of the same bins and divides each list by its sum.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a weight that is negative or not finite, or where all are 0;
 * `CONFIGURATION_INVALID` where the lengths differ
 */
export function totalVariation(reference: readonly number[], current: readonly number[]): number {
  const sum = normalised(reference, current).reduce((total, [p, q]) => total + Math.abs(p - q), 0);
  return Math.min(1, sum / 2);
}
