import { integrateGap } from './distribution-gap.ts';

/**
 * The energy distance of two samples, √(2 ∫ (F − G)²), in the root of the unit of the values; 0 for equal samples only (G. Székely
 * and M. Rizzo, 2013). Beside Wasserstein's distance it weighs a large difference of the distribution functions more than a
 * long way. O(n log n).
 *
 * @param reference at least 1 finite value
 * @param current at least 1 finite value
 * @throws UnderstudyError `INPUT_INVALID` otherwise
 */
export function energyDistance(reference: readonly number[], current: readonly number[]): number {
  return Math.sqrt(2 * integrateGap(reference, current, (difference) => difference ** 2));
}
