import { normalised } from './share-checks.ts';

const information = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / q));

/**
 * The Jensen–Shannon distance of two distributions, a metric from 0 (equal) to 1 (disjoint): the root of the mean divergence of both
 * from their mixture, in bits (J. Lin, 1991).
 *
 * @param reference counts or shares, divided by their sum
 * @param current counts or shares of the same bins
 * @throws UnderstudyError `INPUT_INVALID` for a weight that is negative or not finite, or where all are 0; `CONFIGURATION_INVALID`
 * where the lengths differ
 */
export function jensenShannonDistance(reference: readonly number[], current: readonly number[]): number {
  const nats = normalised(reference, current).reduce((sum, [p, q]) => {
    const middle = (p + q) / 2;
    return sum + (information(p, middle) + information(q, middle)) / 2;
  }, 0);
  return Math.sqrt(Math.min(1, Math.max(0, nats / Math.LN2)));
}
