import { checkPositive } from './argument-checks.ts';

/** ζ(k) − 1 for k = 2, 3, …: exact digits for the first, then the sum Σ_{n≥2} n^−k, whose terms beyond n = 60 vanish. */
const ZETA_MINUS_1: readonly number[] = /* @__PURE__ */ zetaMinus1();
const ONE_MINUS_EULER = 0.42278433509846713;
/** ln √(2π). */
export const HALF_LOG_2_PI = 0.9189385332046728;
/** B_2k / (2k (2k − 1)), the coefficients of Stirling's series. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156, -3617 / 122_400];
const LARGE = 12;

/** ln Γ(2 + z) for |z| ≤ ½ by its Taylor series (Abramowitz & Stegun 6.1.33, shifted by one): exact at the zero z = 0. */
function logGammaNear2(z: number): number {
  let sum = 0;
  let power = z;
  for (let k = 2; k < ZETA_MINUS_1.length + 2; k++) {
    power *= -z;
    const term = ((ZETA_MINUS_1[k - 2] ?? 0) * power) / k;
    sum -= term;
    if (Math.abs(term) < 1e-18 * Math.abs(z)) break;
  }
  return ONE_MINUS_EULER * z + sum;
}

function stirlingSeries(x: number): number {
  const inverse = 1 / x;
  const square = inverse * inverse;
  return STIRLING.reduceRight((sum, coefficient) => sum * square + coefficient, 0) * inverse;
}

/**
 * ln Γ(x), for x > 0. Relative error about 1e-14, also near the zeros 1 and 2.
 *
 * Stirling's series from 12 on, the Taylor series about 2 below, joined by Γ(x + 1) = x Γ(x) (Abramowitz & Stegun 6.1).
 *
 * @throws UnderstudyError `INPUT_INVALID` if x is not a positive finite number
 */
export function logGamma(x: number): number {
  checkPositive(x, 'x');
  if (x >= LARGE) return (x - 0.5) * Math.log(x) - x + HALF_LOG_2_PI + stirlingSeries(x);
  if (x < 0.5) return logGammaNear2(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return logGammaNear2(x - 1) - Math.log1p(x - 1);
  let product = 1;
  let base = x;
  while (base > 2.5) product *= --base;
  return logGammaNear2(base - 2) + Math.log(product);
}

/**
 * What Stirling's formula leaves of ln Γ(x): ln Γ(x) − [(x − ½) ln x − x + ½ ln 2π], for x > 0; about 1/(12x). Differences of
 * large ln Γ are written with it, since the leading terms cancel on paper and not in floating point (C. Loader, 2000).
 */
export function stirlingRemainder(x: number): number {
  if (x >= LARGE) return stirlingSeries(x);
  return logGamma(x) - (x - 0.5) * Math.log(x) + x - HALF_LOG_2_PI;
}

function zetaMinus1(): readonly number[] {
  const values = [0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993, 0.01734306198444914];
  for (let k = 7; k < 60; k++) {
    let sum = 0;
    for (let n = 400; n >= 2; n--) sum += n ** -k;
    values.push(sum);
  }
  return values;
}
