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

/**
 * The interval of A. Agresti and B. Coull (1998), for one look at a fixed sample: Wilson's centre with the half-width of a normal
 * law there, cut to 0..1. Wider than Wilson's, and covers with at least about 1 − α.
 *
 * @param trials at least 1
 * @throws UnderstudyError `INPUT_INVALID` for counts that cannot be, `CONFIGURATION_INVALID` for alpha
 */
export function agrestiCoullInterval(successes: number, trials: number, alpha: number): ProportionInterval {
  check(successes, trials, alpha);
  const z2 = normalQuantile(alpha / 2) ** 2;
  const size = trials + z2;
  const centre = (successes + z2 / 2) / size;
  const half = Math.sqrt((z2 * centre * (1 - centre)) / size);
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}

/**
 * H. Jeffreys' interval, the middle 1 − α of a Beta(½ + successes, ½ + failures) belief: covers with about 1 − α on average (L. Brown,
 * T. Cai and A. DasGupta, 2001). Not drawn out to 0 or 1 where all trials ended alike: there it covers less near the end.
 *
 * @param trials at least 1
 * @throws UnderstudyError `INPUT_INVALID` for counts that cannot be, `CONFIGURATION_INVALID` for alpha
 */
export function jeffreysInterval(successes: number, trials: number, alpha: number): ProportionInterval {
  check(successes, trials, alpha);
  const [a, b] = [successes + 0.5, trials - successes + 0.5];
  return { lower: betaQuantile(alpha / 2, a, b), upper: betaQuantileGap(alpha / 2, b, a) };
}
