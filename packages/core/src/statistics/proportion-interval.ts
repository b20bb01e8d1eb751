import { checkAlpha, checkCount, checkPositive, checkWithin } from './argument-checks.ts';
import { normalQuantile } from './normal.ts';

/** Bounds of a proportion, 0..1. */
export interface ProportionInterval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * E. B. Wilson's score interval (1927), for one look at a fixed sample: covers with about 1 − α on average.
 *
 * @param trials at least 1
 * @throws UnderstudyError `INPUT_INVALID` for counts that cannot be, `CONFIGURATION_INVALID` for alpha
 */
export function wilsonInterval(successes: number, trials: number, alpha: number): ProportionInterval {
  checkCount(trials, 'trials');
  checkPositive(trials, 'trials');
  checkCount(successes, 'successes');
  checkWithin(successes, 0, trials, 'successes');
  checkAlpha(alpha);
  const z2 = normalQuantile(alpha / 2) ** 2;
  const centre = successes + z2 / 2;
  const half = Math.sqrt(z2 * ((successes * (trials - successes)) / trials + z2 / 4));
  // At the ends the formula is exactly 0 and 1; rounding must not push it out.
  return {
    lower: successes === 0 ? 0 : (centre - half) / (trials + z2),
    upper: successes === trials ? 1 : (centre + half) / (trials + z2),
  };
}
