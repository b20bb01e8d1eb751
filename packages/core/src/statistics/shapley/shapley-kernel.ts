import { checkCount, checkOption } from '../argument-checks.ts';
import { logBeta } from '../log-beta.ts';

/**
 * The weight of one coalition in the regression whose solution is the Shapley values: (M − 1)/(C(M, s) s (M − s)) (S. Lundberg and
 * S.-I. Lee, A unified approach to interpreting model predictions, 2017).
 *
 * @param features M, at least 2
 * @param size s, 1..M − 1: the empty and the full coalition are constraints, not terms
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function shapleyKernelWeight(features: number, size: number): number {
  checkOption(features, 1, Infinity, 'features');
  checkOption(size, 0, features, 'size');
  checkCount(size, 'size');
  // 1/C(M, s) = (M + 1) B(s + 1, M − s + 1)
  const perCoalition = (features + 1) * Math.exp(logBeta(size + 1, features - size + 1));
  return (perCoalition * (features - 1)) / (size * (features - size));
}
