import { checkLength, checkOption, checkPositive, checkWithin } from '../argument-checks.ts';
import { normalQuantile } from '../normal.ts';
import { chiSquareQuantile } from './chi-square-quantile.ts';
import { totalCount } from './share-checks.ts';

/** The variant of {@link psiOfCounts}, as results name it. */
export const PSI_ADD_HALF = 'psi:add-half';
/** The variant of {@link psiOfShares}, as results name it. */
export const PSI_EPSILON = 'psi:epsilon';

const term = (p: number, q: number): number => (q - p) * Math.log(q / p);

/**
 * The population stability index Σ (q − p) ln(q/p) of counts of the same bins, with ½ added to each count:
 * p = (count + ½) / (n + k/2). An empty bin then costs what its sample size says, not what an arbitrary epsilon says.
 * See {@link psiNoise} for what it is without drift.
 *
 * @param reference integers, one a bin, not all 0
 * @param current integers of the same bins, not all 0
 * @throws UnderstudyError `INPUT_INVALID` for what is no count or where all are 0, `CONFIGURATION_INVALID` where the lengths differ
 */
export function psiOfCounts(reference: readonly number[], current: readonly number[]): number {
  checkLength(current.length, reference.length, 'current');
  const bins = reference.length;
  const referenceTotal = totalCount(reference, 'reference') + bins / 2;
  const currentTotal = totalCount(current, 'current') + bins / 2;
  return reference.reduce(
    (sum, count, bin) => sum + term((count + 0.5) / referenceTotal, ((current[bin] ?? 0) + 0.5) / currentTotal),
    0,
  );
}

/**
 * What {@link psiOfCounts} exceeds with probability `alpha` although nothing has drifted, about χ²(k − 1) · (1/n_reference +
 * 1/n_current) (B. Yurdakul, Statistical Properties of Population Stability Index, 2018): a limit below it is noise.
 *
 * @param bins at least 2
 * @param referenceCount, currentCount sample sizes, above 0
 * @param alpha above 0, below 1. @defaultValue 0.01
 * @throws UnderstudyError `INPUT_INVALID` or `CONFIGURATION_INVALID` (`tail`) outside these ranges
 */
export function psiNoise(bins: number, referenceCount: number, currentCount: number, alpha = 0.01): number {
  checkPositive(bins - 1, 'bins - 1');
  checkPositive(referenceCount, 'referenceCount');
  checkPositive(currentCount, 'currentCount');
  return chiSquareQuantile(alpha, bins - 1) * (1 / referenceCount + 1 / currentCount);
}

/**
 * Where the index of the two distributions lies, from counts of samples of them: {@link psiOfCounts} less what it is without drift on
 * average, (k − 1) · (1/n_reference + 1/n_current), and its standard error by the delta method. For one look; too narrow at the
 * lower end where the index is near 0.
 *
 * @param reference, current counts of the same bins, not all 0
 * @param alpha share of intervals that miss it. @defaultValue 0.05
 * @throws UnderstudyError as {@link psiOfCounts}; `CONFIGURATION_INVALID` for `alpha`
 */
export function psiInterval(
  reference: readonly number[],
  current: readonly number[],
  alpha = 0.05,
): readonly [lower: number, upper: number] {
  checkOption(alpha, 0, 1, 'alpha');
  const index = psiOfCounts(reference, current);
  const referenceTotal = totalCount(reference, 'reference');
  const currentTotal = totalCount(current, 'current');
  const bins = reference.length;
  const pairs = reference.map(
    (count, bin) =>
      [(count + 0.5) / (referenceTotal + bins / 2), ((current[bin] ?? 0) + 0.5) / (currentTotal + bins / 2)] as const,
  );
  const unbiased = index - (bins - 1) * (1 / referenceTotal + 1 / currentTotal);
  const variance =
    slopeVariance(pairs.map(([p, q]) => [q, p])) / referenceTotal + slopeVariance(pairs.map(([p, q]) => [p, q])) / currentTotal;
  const half = -normalQuantile(alpha / 2) * Math.sqrt(variance);
  return [Math.max(0, unbiased - half), Math.max(0, unbiased + half)];
}

/** Variance, under the shares q, of the derivative ln(q/p) + 1 − p/q of the index. */
function slopeVariance(pairs: readonly (readonly [p: number, q: number])[]): number {
  const slopes = pairs.map(([p, q]) => [q, Math.log(q / p) + 1 - p / q] as const);
  const mean = slopes.reduce((sum, [q, slope]) => sum + q * slope, 0);
  return slopes.reduce((sum, [q, slope]) => sum + q * (slope - mean) ** 2, 0);
}

/**
 * The population stability index of shares, with a share of 0 replaced by `epsilon` and nothing normalised again: what most tools
 * print. One empty bin decides it, and epsilon decides that: prefer {@link psiOfCounts} where the counts are known.
 *
 * @param reference shares 0–1, one a bin
 * @param current shares 0–1 of the same bins
 * @param epsilon above 0 and below 1. @defaultValue 0.0001
 * @throws UnderstudyError `INPUT_INVALID` for what is no share, `CONFIGURATION_INVALID` for `epsilon` or where the lengths differ
 */
export function psiOfShares(reference: readonly number[], current: readonly number[], epsilon = 1e-4): number {
  checkLength(current.length, reference.length, 'current');
  checkPositive(reference.length, 'reference.length');
  checkOption(epsilon, 0, 1, 'epsilon');
  let sum = 0;
  for (const [bin, p] of reference.entries()) {
    const q = current[bin] ?? 0;
    checkWithin(p, 0, 1, `reference[${bin}]`);
    checkWithin(q, 0, 1, `current[${bin}]`);
    sum += term(p || epsilon, q || epsilon);
  }
  return sum;
}
