import { checkPositive, checkWithin } from './argument-checks.ts';
import { continuedFraction } from './continued-fraction.ts';
import { deviance } from './deviance.ts';
import { stirlingRemainder } from './log-gamma.ts';
import { mirrored, type Tails, tailsFromLogLower } from './tails.ts';

/** ln[x^a y^b / B(a, b)] with y = 1 − x, as deviances from the mean (C. Loader, 2000). */
function logWeight(x: number, y: number, a: number, b: number): number {
  const sum = a + b;
  const spread = 0.5 * (Math.log(a) + Math.log(b / sum) - Math.log(2 * Math.PI));
  const remainders = stirlingRemainder(a) + stirlingRemainder(b) - stirlingRemainder(sum);
  return spread - remainders - deviance(a, sum * x) - deviance(b, sum * y);
}

/** The tails with x below about the mean, where the fraction (Abramowitz & Stegun 26.5.8) is fast. */
function tailsBelowMean(x: number, y: number, a: number, b: number): Tails {
  const fraction = continuedFraction(1, (n) => {
    const m = n >> 1;
    const [up, down] = n % 2 === 0 ? [m * (b - m), a + 2 * m - 1] : [-(a + m) * (a + b + m), a + 2 * m];
    return [(up * x) / (down * (down + 1)), 1];
  });
  return tailsFromLogLower(logWeight(x, y, a, b) - Math.log(a) - Math.log(fraction));
}

function tailsAt(x: number, y: number, a: number, b: number): Tails {
  if (x === 0) return tailsFromLogLower(-Infinity);
  if (y === 0) return mirrored(tailsFromLogLower(-Infinity));
  return x <= (a + 1) / (a + b + 2) ? tailsBelowMean(x, y, a, b) : mirrored(tailsBelowMean(y, x, b, a));
}

/**
 * The regularised incomplete beta function I_x(a, b), which is P(X ≤ x) for a Beta(a, b) variable, with its complement and the
 * logarithms of both. Relative error about 1e-13 up to parameters of 1e8.
 *
 * @param x 0..1
 * @param a above 0
 * @param b above 0
 * @throws UnderstudyError `INPUT_INVALID` outside these ranges
 */
export function incompleteBeta(x: number, a: number, b: number): Tails {
  checkWithin(x, 0, 1, 'x');
  checkPositive(a, 'a');
  checkPositive(b, 'b');
  return tailsAt(x, 1 - x, a, b);
}
