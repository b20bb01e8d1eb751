import { normalised } from './share-checks.ts';

/**
 * The largest difference of a share between two samples, max |p − q|, from 0 to 1: says by how much the bin that moved most has
 * moved. Takes counts or shares of the same bins and divides each list by its sum.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a weight that is negative or not finite, or where all are 0;
 * `CONFIGURATION_INVALID` where the lengths differ
 */
export function lInfinityDistance(reference: readonly number[], current: readonly number[]): number {
  return normalised(reference, current).reduce((most, [p, q]) => Math.max(most, Math.abs(p - q)), 0);
}
