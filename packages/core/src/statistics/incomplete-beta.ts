import { checkPositive, checkWithin } from './argument-checks.ts';
import { concaveRoot } from './concave-root.ts';
import { continuedFraction } from './continued-fraction.ts';
import { deviance } from './deviance.ts';
import { logBeta } from './log-beta.ts';
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

/**
 * The x of P(X ≤ x) = p for a Beta(a, b) variable. ln P is concave in ln(x / (1 − x)), which Newton's method needs.
 *
 * @param p 0..1
 * @throws UnderstudyError `INPUT_INVALID` outside these ranges
 */
export function betaQuantile(p: number, a: number, b: number): number {
  return logistic(betaLogit(p, a, b));
}

/** 1 − {@link betaQuantile}, which keeps its digits where the quantile is near 1. */
export function betaQuantileGap(p: number, a: number, b: number): number {
  return logistic(-betaLogit(p, a, b));
}

/** ln(x / (1 − x)) of the quantile x. */
function betaLogit(p: number, a: number, b: number): number {
  checkWithin(p, 0, 1, 'p');
  checkPositive(a, 'a');
  checkPositive(b, 'b');
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  return p <= 0.5 ? lowerLogit(p, a, b) : -lowerLogit(1 - p, b, a);
}

/** e^−x leaves the range of a double before e^x does. */
function logistic(x: number): number {
  return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
}

/** Below it the tail is the leading term of its series, to the last digit, and x itself may be too small for a double. */
const FAR = -690;

function lowerLogit(p: number, a: number, b: number): number {
  const target = Math.log(p);
  // P(X ≤ x) ≤ e^(a·logit) / (a B(a, b)): the start is left of the root.
  const start = (target + Math.log(a) + logBeta(a, b)) / a;
  if (start < FAR) return start;
  return concaveRoot(start, (logit) => {
    const x = 1 / (1 + Math.exp(-logit));
    const y = 1 / (1 + Math.exp(logit));
    const { logLower } = tailsAt(x, y, a, b);
    return [logLower - target, Math.exp(logWeight(x, y, a, b) - logLower)];
  });
}
