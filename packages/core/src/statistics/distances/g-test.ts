import { chiSquareUpperTail } from '../incomplete-gamma.ts';
import type { ChiSquareResult } from './chi-square-test.ts';
import { homogeneityTable } from './homogeneity-table.ts';

/** O ln(O/E) with its limit 0 where nothing was observed. */
const surprise = (observed: number, expected: number): number => (observed === 0 ? 0 : observed * Math.log(observed / expected));

/**
 * The likelihood-ratio test of homogeneity of two samples of counts, G = 2 Σ O ln(O/E), without correction (S. Wilks, 1938). Has the
 * law of Pearson's χ² in the limit, and strays further from it where counts are below about 5. A bin that neither has is left out.
 * Nothing to compare gives statistic 0, p 1.
 *
 * @throws UnderstudyError `INPUT_INVALID` for what is no count or where all are 0, `CONFIGURATION_INVALID` where the lengths differ
 */
export function gTest(reference: readonly number[], current: readonly number[]): ChiSquareResult {
  const { pairs, share, degrees } = homogeneityTable(reference, current);
  if (degrees === 0) return { statistic: 0, degrees, p: 1 };
  const sum = pairs.reduce((total, [a, b]) => total + surprise(a, (a + b) * (1 - share)) + surprise(b, (a + b) * share), 0);
  // Rounding must not push equal samples below 0.
  const statistic = Math.max(0, 2 * sum);
  return { statistic, degrees, p: chiSquareUpperTail(statistic, degrees) };
}
