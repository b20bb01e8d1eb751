import { checkLength, checkOption } from '../argument-checks.ts';
import { normalQuantile } from '../normal.ts';
import { totalCount } from './share-checks.ts';

const term = (p: number, q: number): number => (q - p) * Math.log(q / p);

/**
 * The population stability index Σ (q − p) ln(q/p) of counts of the same bins, with ½ added to each count:
 * p = (count + ½) / (n + k/2). An empty bin then costs what its sample size says, not what an arbitrary epsilon says.
 * Without drift it is about (k − 1) · (1/n_reference + 1/n_current) (B. Yurdakul, Statistical Properties of Population Stability Index,
 * 2018).
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
 * Where the index of the two distributions lies, from counts of samples of them: {@link psiOfCounts} less what it is without drift on
 * average, (k − 1) · (1/n_reference + 1/n_current), and its standard error by the delta method. For one look; too narrow at the
 * lower end where the index is near 0.
 *
 * @param reference counts by bin, not all 0
 * @param current counts of the same bins, not all 0
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
