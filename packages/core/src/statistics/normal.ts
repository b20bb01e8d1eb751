import { checkWithin } from './argument-checks.ts';
import { concaveRoot } from './concave-root.ts';
import { incompleteGamma } from './incomplete-gamma.ts';
import { HALF_LOG_2_PI } from './log-gamma.ts';

/**
 * The z of Φ(z) = 0.975, to the last digit of a double (mpmath 1.3, 50 digits): a 95 % interval reaches so many standard errors to
 * either side.
 */
export const Z_975 = 1.959963984540054;

/** ln Φ(z) of the standard normal distribution; also where Φ(z) itself is too small for a double. */
export function logNormalCdf(z: number): number {
  checkWithin(z, -Infinity, Infinity, 'z');
  // Abramowitz & Stegun 26.2.29 with 6.5.17: 2 Φ(−|z|) = Q(½, z²/2)
  const { upper, logUpper } = incompleteGamma(0.5, (z * z) / 2);
  return z < 0 ? logUpper - Math.LN2 : Math.log1p(-upper / 2);
}

/**
 * The z of Φ(z) = p. Φ is log-concave, and concave above 0, which Newton's method needs.
 *
 * @param p 0..1; 0 and 1 give −∞ and ∞
 * @throws UnderstudyError `INPUT_INVALID` if p is no probability
 */
export function normalQuantile(p: number): number {
  const known = KNOWN.get(p);
  if (known !== undefined) return known;
  checkWithin(p, 0, 1, 'p');
  const z = quantileOf(p);
  if (KNOWN.size >= MAX_KNOWN) KNOWN.clear();
  KNOWN.set(p, z);
  return z;
}

/** Intervals ask for the same few, over and over. */
const KNOWN = new Map<number, number>();
const MAX_KNOWN = 32;

function quantileOf(p: number): number {
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  const logDensity = (z: number): number => -(z * z) / 2 - HALF_LOG_2_PI;
  if (p === 0.5) return 0;
  const distance = Math.abs(p - 0.5);
  if (distance < 0.25) {
    // Near the middle Φ − ½ keeps the digits that ln Φ loses.
    const start = distance * Math.sqrt(2 * Math.PI);
    const z = concaveRoot(start, (z) => [incompleteGamma(0.5, (z * z) / 2).lower / 2 - distance, Math.exp(logDensity(z))]);
    return p < 0.5 ? -z : z;
  }
  const tail = Math.log(Math.min(p, 1 - p));
  const z = concaveRoot(-Math.sqrt(-2 * tail), (z) => {
    const log = logNormalCdf(z);
    return [log - tail, Math.exp(logDensity(z) - log)];
  });
  return p < 0.5 ? z : -z;
}
