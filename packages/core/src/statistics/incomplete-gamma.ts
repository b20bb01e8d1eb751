import { checkPositive, checkWithin } from './argument-checks.ts';
import { continuedFraction } from './continued-fraction.ts';
import { deviance } from './deviance.ts';
import { stirlingRemainder } from './log-gamma.ts';
import { mirrored, type Tails, tailsFromLogLower } from './tails.ts';

/** 1 + x/(a+1) + x²/((a+1)(a+2)) + … (Abramowitz & Stegun 6.5.29). */
function series(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/**
 * The regularised incomplete gamma functions: `lower` is P(a, x) = P(X ≤ x) for a Gamma(a) variable of scale 1, `upper` is
 * Q(a, x), with the logarithms of both. Relative error about 1e-13 for a
 * from 0.01 to 1e8; below, the smaller tail loses digits.
 *
 * @param a above 0
 * @param x at least 0
 * @throws UnderstudyError `INPUT_INVALID` outside these ranges
 */
export function incompleteGamma(a: number, x: number): Tails {
  checkPositive(a, 'a');
  checkWithin(x, 0, Infinity, 'x');
  if (x === 0) return tailsFromLogLower(-Infinity);
  if (x === Infinity) return mirrored(tailsFromLogLower(-Infinity));
  // ln[x^a e^−x / Γ(a)], as a deviance (C. Loader, 2000)
  const logWeight = 0.5 * Math.log(a / (2 * Math.PI)) - stirlingRemainder(a) - deviance(a, x);
  if (x < a + 1) return tailsFromLogLower(logWeight - Math.log(a) + Math.log(series(a, x)));
  // Abramowitz & Stegun 6.5.31, contracted to every second step.
  const fraction = continuedFraction(x + 1 - a, (n) => [n * (a - n), x + 1 - a + 2 * n]);
  return mirrored(tailsFromLogLower(logWeight - Math.log(fraction)));
}

/**
 * P(X > statistic) for a χ² variable: the p-value of a chi-square test.
 *
 * @param degrees degrees of freedom, above 0
 */
export function chiSquareUpperTail(statistic: number, degrees: number): number {
  return incompleteGamma(degrees / 2, statistic / 2).upper;
}
