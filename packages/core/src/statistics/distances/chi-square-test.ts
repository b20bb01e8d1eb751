import { checkLength } from '../argument-checks.ts';
import { chiSquareUpperTail } from '../incomplete-gamma.ts';
import { totalCount } from './share-checks.ts';

/** A chi-square statistic with its p-value. */
export interface ChiSquareResult {
  readonly statistic: number;
  /** Degrees of freedom: bins that either sample has, less one. */
  readonly degrees: number;
  readonly p: number;
}

/**
 * Pearson's test of homogeneity of two samples of counts, as a 2 × k table: the reference has its own sampling error, and a bin
 * that only one sample has is no division by zero. A bin that neither has is left out. Nothing to compare gives statistic 0, p 1.
 *
 * @param reference integers, one a bin, not all 0
 * @param current integers of the same bins, not all 0
 * @throws UnderstudyError `INPUT_INVALID` for what is no count or where all are 0, `CONFIGURATION_INVALID` where the lengths differ
 */
export function chiSquareTwoSampleTest(reference: readonly number[], current: readonly number[]): ChiSquareResult {
  checkLength(current.length, reference.length, 'current');
  const referenceTotal = totalCount(reference, 'reference');
  const currentTotal = totalCount(current, 'current');
  const share = currentTotal / (referenceTotal + currentTotal);
  const pairs = reference.map((count, bin) => [count, current[bin] ?? 0] as const).filter(([a, b]) => a + b > 0);
  const degrees = pairs.length - 1;
  if (degrees === 0) return { statistic: 0, degrees, p: 1 };
  const statistic = pairs.reduce((sum, [a, b]) => {
    const expected = (a + b) * share;
    // Both cells of a bin are as far from what is expected of them.
    const squared = (b - expected) ** 2;
    return sum + squared / expected + squared / (a + b - expected);
  }, 0);
  return { statistic, degrees, p: chiSquareUpperTail(statistic, degrees) };
}
