import { checkAlpha, checkFinite, checkOption, checkPositive, checkWithin } from './argument-checks.ts';
import { HALF_LOG_2_PI } from './log-gamma.ts';
import { logNormalCdf } from './normal.ts';

/*
 * Asymptotic confidence sequences of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (Time-uniform central limit theory and
 * asymptotic confidence sequences, 2021): Robbins' normal mixture with the estimated variance. They hold at all sample sizes
 * after a burn-in, without a bound on the scores.
 */

/** Units per arm, or bad events per arm, before an asymptotic sequence may be believed. */
export const BURN_IN = { units: 400, events: 20 } as const;

/**
 * The ρ that makes a two-sided sequence narrowest after `units` units: sqrt((−2 ln α + ln(1 − 2 ln α)) / t*). The one-sided
 * sequence takes the ρ of 2α.
 *
 * @param units t*, above 0; a ρ must be fixed before the first score
 * @throws UnderstudyError `CONFIGURATION_INVALID` if alpha is outside (0, 1), or (0, ½) where one-sided, or units is not positive
 */
export function mixtureRho(alpha: number, units: number, sides: 1 | 2): number {
  checkOption(alpha, 0, 1 / (3 - sides), 'alpha');
  checkOption(units, 0, Infinity, 'units');
  const log = Math.log(sides === 1 ? 2 * alpha : alpha);
  return Math.sqrt((-2 * log + Math.log(1 - 2 * log)) / units);
}

/** A running mean of scores, with the ρ of its sequence. */
export interface MixtureInput {
  /** The number of scores; those of several strata may be worth a fraction of one. */
  readonly count: number;
  readonly mean: number;
  /** Standard deviation of the scores, above 0. */
  readonly sd: number;
  /** See {@link mixtureRho}. */
  readonly rho: number;
}

function check({ count, mean, sd, rho }: MixtureInput): void {
  checkWithin(count, 0, Number.MAX_VALUE, 'count');
  checkFinite(mean, 'mean');
  checkPositive(sd, 'sd');
  checkOption(rho, 0, Infinity, 'rho');
}

/**
 * The distance from the mean to the bound: of both bounds (`sides` 2) or of the only one (`sides` 1), in the unit of the scores.
 * With probability 1 − α the true mean stays inside at all times. Infinite without a score.
 */
export function mixtureHalfWidth(input: MixtureInput, alpha: number, sides: 1 | 2): number {
  check(input);
  checkAlpha(alpha);
  const { count, sd, rho } = input;
  if (count === 0) return Infinity;
  const k = count * rho * rho + 1;
  const log = sides === 2 ? Math.log(Math.sqrt(k) / alpha) : Math.log1p(Math.sqrt(k) / (2 * alpha));
  return sd * Math.sqrt(((2 * k) / (count * rho) ** 2) * log);
}

/**
 * ln of the e-value against "the mean is 0" (`sides` 2), or against "the mean is at most 0" (`sides` 1; turn the sign of `mean`
 * for the other direction, subtract a margin from it to test one).
 */
export function logMixtureE(input: MixtureInput, sides: 1 | 2): number {
  check(input);
  const { count, mean, sd, rho } = input;
  const k = count * rho * rho + 1;
  const drift = (rho * count * (mean / sd)) / Math.sqrt(k);
  if (sides === 2) return (drift * drift) / 2 - Math.log(k) / 2;
  return Math.LN2 - Math.log(k) / 2 + logScaledCdf(drift);
}

/** Below it the tail of the normal distribution is its asymptotic series to the last digit. */
const FAR = -50;

/** z²/2 + ln Φ(z): far below 0 the two cancel, and their squares leave the range of a double (Abramowitz & Stegun 26.2.12). */
function logScaledCdf(z: number): number {
  if (z > FAR) return (z * z) / 2 + logNormalCdf(z);
  const inverse = 1 / (z * z);
  const series = inverse * (-1 + inverse * (3 + inverse * (-15 + inverse * 105)));
  return Math.log1p(series) - Math.log(-z) - HALF_LOG_2_PI;
}
