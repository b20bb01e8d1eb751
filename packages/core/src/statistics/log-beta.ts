import { checkPositive } from './argument-checks.ts';
import { HALF_LOG_2_PI, logGamma, stirlingRemainder } from './log-gamma.ts';

/**
 * ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b), for a, b > 0. Error 1e-14 of max(1, |value|), also where the three terms are
 * far larger than their sum: the leading terms of Stirling's formula are cancelled on paper.
 *
 * @throws UnderstudyError `INPUT_INVALID` if a or b is not a positive finite number
 */
export function logBeta(a: number, b: number): number {
  checkPositive(a, 'a');
  checkPositive(b, 'b');
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  const sum = a + b;
  if (large < 12) return logGamma(small) + (logGamma(large) - logGamma(sum));
  // ln Γ(large) − ln Γ(sum) + small ln(sum) − small
  const rest = (large - 0.5) * Math.log1p(-small / sum) + stirlingRemainder(large) - stirlingRemainder(sum);
  if (small < 12) return logGamma(small) + rest - small * Math.log(sum) + small;
  return (small - 0.5) * Math.log(small / sum) - 0.5 * Math.log(sum) + HALF_LOG_2_PI + stirlingRemainder(small) + rest;
}
