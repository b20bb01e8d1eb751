import { chiSquareUpperTail } from '../incomplete-gamma.ts';
import { homogeneityTable } from './homogeneity-table.ts';

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
 * @param options.continuity F. Yates' correction where two bins are left: conservative. @defaultValue false
 * @throws UnderstudyError `INPUT_INVALID` for what is no count or where all are 0, `CONFIGURATION_INVALID` where the lengths differ
 */
export function chiSquareTwoSampleTest(
  reference: readonly number[],
  current: readonly number[],
  { continuity = false }: { readonly continuity?: boolean } = {},
): ChiSquareResult {
  const { pairs, share, degrees } = homogeneityTable(reference, current);
  if (degrees === 0) return { statistic: 0, degrees, p: 1 };
  const correction = continuity && degrees === 1 ? 0.5 : 0;
  const statistic = pairs.reduce((sum, [a, b]) => {
    const expected = (a + b) * share;
    // Both cells of a bin are as far from what is expected of them.
    const distance = Math.max(0, Math.abs(b - expected) - correction);
    return sum + distance ** 2 / expected + distance ** 2 / (a + b - expected);
  }, 0);
  return { statistic, degrees, p: chiSquareUpperTail(statistic, degrees) };
}
