import { normalised } from './share-checks.ts';

/*
 * All take weights of the same bins, counts or shares, and divide each list by its sum. They throw `INPUT_INVALID` for a weight
 * that is negative or not finite, or where all are 0, and `CONFIGURATION_INVALID` where the lengths differ.
 */

const information = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / q));

/** Kullback and Leibler's divergence Σ p ln(p/q) in nats; Infinity where the current sample lacks a bin of the reference. */
export function kullbackLeibler(reference: readonly number[], current: readonly number[]): number {
  return normalised(reference, current).reduce((sum, [p, q]) => sum + information(p, q), 0);
}

/** Options of {@link jensenShannonDivergence} and {@link jensenShannonDistance}. */
export interface JensenShannonOptions {
  /** Base of the logarithm: with 2 the divergence is in bits and ends at 1, with `e` in nats and ends at ln 2. @defaultValue 2 */
  readonly base?: 2 | 'e';
}

/** The Jensen–Shannon divergence, to base 2 from 0 (equal) to 1 (disjoint): the mean divergence of both from their mixture. */
export function jensenShannonDivergence(
  reference: readonly number[],
  current: readonly number[],
  { base = 2 }: JensenShannonOptions = {},
): number {
  const nats = normalised(reference, current).reduce((sum, [p, q]) => {
    const middle = (p + q) / 2;
    return sum + (information(p, middle) + information(q, middle)) / 2;
  }, 0);
  const bits = Math.min(1, Math.max(0, nats / Math.LN2));
  return base === 2 ? bits : bits * Math.LN2;
}

/** The Jensen–Shannon distance, the root of the divergence: a metric, to base 2 from 0 to 1 (J. Lin, 1991). */
export function jensenShannonDistance(
  reference: readonly number[],
  current: readonly number[],
  options: JensenShannonOptions = {},
): number {
  return Math.sqrt(jensenShannonDivergence(reference, current, options));
}

/** Hellinger's distance √(½ Σ (√p − √q)²): a metric, from 0 to 1. */
export function hellingerDistance(reference: readonly number[], current: readonly number[]): number {
  const squares = normalised(reference, current).reduce((sum, [p, q]) => sum + (Math.sqrt(p) - Math.sqrt(q)) ** 2, 0);
  return Math.min(1, Math.sqrt(squares / 2));
}
