import { checkAlpha, checkLength, checkLogs, checkWithin, shares } from './argument-checks.ts';

/** min(1, 1/E): the anytime p-value, where `logMaxE` is ln of the largest e-value so far. */
export function anytimeP(logMaxE: number): number {
  checkWithin(logMaxE, -Infinity, Infinity, 'logMaxE');
  return Math.min(1, Math.exp(-logMaxE));
}

/**
 * Which hypotheses to reject, by index, so that none is rejected wrongly with probability 1 − α: w_k E_k ≥ 1/α with Σ w = 1.
 *
 * @param logEs ln of the e-values, which may depend on each other
 * @param weights positive, as many as e-values. @defaultValue all equal
 * @throws UnderstudyError `INPUT_INVALID` for NaN or no e-value, `CONFIGURATION_INVALID` for alpha or weights
 */
export function eBonferroni(logEs: readonly number[], alpha: number, weights?: readonly number[]): number[] {
  checkLogs(logEs, 'logEs');
  checkAlpha(alpha);
  const parts = shares(weights ?? logEs.map(() => 1));
  checkLength(parts.length, logEs.length, 'weights');
  return logEs.flatMap((log, index) => (log + Math.log(parts[index] ?? 0) >= -Math.log(alpha) ? [index] : []));
}

/**
 * Which hypotheses to reject, by index, so that the expected share of wrong rejections is at most α: the k largest, for the
 * largest k whose k-th e-value is at least K/(kα) (e-BH of R. Wang and A. Ramdas, False discovery rate control with
 * e-values, 2022). Any dependence is allowed.
 */
export function eBenjaminiHochberg(logEs: readonly number[], alpha: number): number[] {
  checkLogs(logEs, 'logEs');
  checkAlpha(alpha);
  const order = logEs.map((_, index) => index).sort((a, b) => (logEs[b] ?? 0) - (logEs[a] ?? 0));
  const last = order.findLastIndex((index, rank) => (logEs[index] ?? 0) >= Math.log(logEs.length / ((rank + 1) * alpha)));
  return order.slice(0, last + 1).sort((a, b) => a - b);
}
