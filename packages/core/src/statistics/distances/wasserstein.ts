import { checkFinite, checkLength, checkOption } from '../argument-checks.ts';
import { normalised } from './share-checks.ts';

/**
 * The first Wasserstein distance of binned samples, ∫ |F − G|, in the unit of the positions: how far a value has to move on average,
 * with each bin as a mass at its position. Positions off by at most d are an error of at most 2d. Divide it by the reference's
 * standard deviation to compare fields.
 *
 * @param reference counts or shares, divided by their sum
 * @param current counts or shares of the same bins
 * @param positions where the bins are, strictly ascending
 * @throws UnderstudyError `INPUT_INVALID` for weights that are negative, not finite or all 0, `CONFIGURATION_INVALID` for positions
 * or where the lengths differ
 */
export function wassersteinOfBins(
  reference: readonly number[],
  current: readonly number[],
  positions: readonly number[],
): number {
  checkLength(positions.length, reference.length, 'positions');
  let difference = 0;
  let distance = 0;
  for (const [bin, [p, q]] of normalised(reference, current).entries()) {
    const at = positions[bin] ?? 0;
    const before = positions[bin - 1];
    if (before === undefined) checkFinite(at, 'positions[0]');
    else checkOption(at, before, Infinity, `positions[${bin}]`);
    distance += Math.abs(difference) * (at - (before ?? at));
    difference += p - q;
  }
  return distance;
}
