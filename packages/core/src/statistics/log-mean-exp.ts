import { checkLength, checkLogs, shares } from './argument-checks.ts';

/**
 * ln of the weighted mean of e^x over `logs`, without overflow.
 *
 * This is how e-values of one hypothesis are averaged: the mean is an e-value too, whatever their dependence (V. Vovk and R. Wang,
 * E-values: calibration, combination and applications, 2021). Weights must not depend on the data.
 *
 * @param weights positive, as many as logs; only their proportions count. @defaultValue all equal
 * @throws UnderstudyError `INPUT_INVALID` for NaN or no logarithm, `CONFIGURATION_INVALID` for weights
 */
export function logMeanExp(logs: readonly number[], weights?: readonly number[]): number {
  checkLogs(logs, 'logs');
  const most = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  const parts = shares(weights ?? logs.map(() => 1));
  checkLength(parts.length, logs.length, 'weights');
  if (most === -Infinity || most === Infinity) return most;
  const sum = logs.reduce((total, log, index) => total + (parts[index] ?? 0) * Math.exp(log - most), 0);
  return most + Math.log(sum);
}
