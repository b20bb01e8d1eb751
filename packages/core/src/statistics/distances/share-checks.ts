import { checkCount, checkLength, checkPositive, checkWithin } from '../argument-checks.ts';

/**
 * Weights of the same bins in two samples, each divided by its sum.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a weight that is negative or not finite, or where all are 0;
 * `CONFIGURATION_INVALID` where the lengths differ
 */
export function normalised(
  reference: readonly number[],
  current: readonly number[],
): readonly (readonly [p: number, q: number])[] {
  checkLength(current.length, reference.length, 'current');
  const referenceTotal = total(reference, 'reference');
  const currentTotal = total(current, 'current');
  return reference.map((weight, bin) => [weight / referenceTotal, (current[bin] ?? 0) / currentTotal]);
}

function total(weights: readonly number[], field: string): number {
  let sum = 0;
  for (const [bin, weight] of weights.entries()) {
    checkWithin(weight, 0, Number.MAX_VALUE, `${field}[${bin}]`);
    sum += weight;
  }
  checkPositive(sum, `sum of ${field}`);
  return sum;
}

/** The sum of counts, which is above 0. @throws UnderstudyError `INPUT_INVALID` otherwise */
export function totalCount(counts: readonly number[], field: string): number {
  for (const [bin, count] of counts.entries()) checkCount(count, `${field}[${bin}]`);
  return total(counts, field);
}
