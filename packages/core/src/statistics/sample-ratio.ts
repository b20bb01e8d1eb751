import { checkCount, checkLength, checkPositive, shares } from './argument-checks.ts';
import { logDirichletMultinomialE } from './dirichlet-multinomial.ts';
import { chiSquareUpperTail } from './incomplete-gamma.ts';

/**
 * ln of the e-value against "units were assigned with the declared weights". A mismatch, at ln(1/α) or more, means that the
 * assignment or its recording is broken; no comparison of the arms can be trusted then.
 *
 * @param counts units per arm, added up over instances
 * @param weights declared weight of each arm, in any unit
 * @param concentration see {@link logDirichletMultinomialE}. @defaultValue 1000
 * @throws UnderstudyError `INPUT_INVALID` for counts, `CONFIGURATION_INVALID` for weights or concentration
 */
export function logSampleRatioE(counts: readonly number[], weights: readonly number[], concentration = 1000): number {
  return logDirichletMultinomialE(counts, weights, concentration);
}

/** Pearson's chi-square test of the same, for one look at a fixed sample; repeated looks need {@link logSampleRatioE}. */
export function sampleRatioChiSquare(
  counts: readonly number[],
  weights: readonly number[],
): { readonly statistic: number; readonly p: number } {
  checkLength(weights.length, counts.length, 'weights');
  for (const [index, count] of counts.entries()) checkCount(count, `counts[${index}]`);
  const total = counts.reduce((sum, count) => sum + count, 0);
  checkPositive(total, 'sum of counts');
  const theta = shares(weights);
  const statistic = counts.reduce((sum, count, index) => {
    const expected = total * (theta[index] ?? 0);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return { statistic, p: counts.length < 2 ? 1 : chiSquareUpperTail(statistic, counts.length - 1) };
}
