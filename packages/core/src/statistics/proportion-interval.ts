import { checkAlpha, checkCount, checkPositive, checkWithin } from './argument-checks.ts';
import { betaQuantile, betaQuantileGap } from './incomplete-beta.ts';
import { normalQuantile } from './normal.ts';

/** Bounds of a proportion, 0..1. */
export interface ProportionInterval {
  readonly lower: number;
  readonly upper: number;
}

function check(successes: number, trials: number, alpha: number): void {
  checkCount(trials, 'trials');
  checkPositive(trials, 'trials');
  checkCount(successes, 'successes');
  checkWithin(successes, 0, trials, 'successes');
  checkAlpha(alpha);
}

/**
 * E. B. Wilson's score interval (1927), for one look at a fixed sample: covers with about 1 − α on average.
 *
 * @param trials at least 1
 * @throws UnderstudyError `INPUT_INVALID` for counts that cannot be, `CONFIGURATION_INVALID` for alpha
 */
export function wilsonInterval(successes: number, trials: number, alpha: number): ProportionInterval {
  check(successes, trials, alpha);
  const z2 = normalQuantile(alpha / 2) ** 2;
  const centre = successes + z2 / 2;
  const half = Math.sqrt(z2 * ((successes * (trials - successes)) / trials + z2 / 4));
  // At the ends the formula is exactly 0 and 1; rounding must not push it out.
  return {
    lower: successes === 0 ? 0 : (centre - half) / (trials + z2),
    upper: successes === trials ? 1 : (centre + half) / (trials + z2),
  };
}

/**
 * The exact interval of C. Clopper and E. Pearson (1934), for one look at a fixed sample: covers with at least 1 − α, always.
 *
 * @param trials at least 1
 * @throws UnderstudyError `INPUT_INVALID` for counts that cannot be, `CONFIGURATION_INVALID` for alpha
 */
export function clopperPearsonInterval(successes: number, trials: number, alpha: number): ProportionInterval {
  check(successes, trials, alpha);
  const failures = trials - successes;
  return {
    lower: successes === 0 ? 0 : betaQuantile(alpha / 2, successes, failures + 1),
    upper: failures === 0 ? 1 : betaQuantileGap(alpha / 2, failures, successes + 1),
  };
}
