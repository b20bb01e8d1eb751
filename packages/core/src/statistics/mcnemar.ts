import { checkCount } from './argument-checks.ts';
import { logDirichletMultinomialE } from './dirichlet-multinomial.ts';
import { incompleteBeta } from './incomplete-beta.ts';

/** Pairs in which exactly one of the two was wrong: all that a comparison of two binary scores depends on. Merges by addition. */
export interface DiscordantPairs {
  /** Pairs with only the challenger wrong. */
  readonly challengerWrong: number;
  /** Pairs with only the champion wrong. */
  readonly championWrong: number;
}

export function mergePairs(a: DiscordantPairs, b: DiscordantPairs): DiscordantPairs {
  check(a);
  check(b);
  return {
    challengerWrong: a.challengerWrong + b.challengerWrong,
    championWrong: a.championWrong + b.championWrong,
  };
}

function check({ challengerWrong, championWrong }: DiscordantPairs): void {
  checkCount(challengerWrong, 'challengerWrong');
  checkCount(championWrong, 'championWrong');
}

/**
 * Anytime-valid McNemar test: each discordant pair is a fair coin if both are equally good; the e-value bets with a Beta(½, ½)
 * mixture, lnB(½+b, ½+c) − lnB(½, ½) + (b + c) ln 2. With `sides` 1 the mixture is cut to "the challenger is worse", which
 * is evidence against "not worse": + ln 2 + ln I_½(½+c, ½+b) (Robbins' beta mixture, 1970; Krichevsky and Trofimov, 1981).
 *
 * @throws UnderstudyError `INPUT_INVALID` for negative or fractional counts
 */
export function logMcNemarE(pairs: DiscordantPairs, sides: 1 | 2): number {
  check(pairs);
  const { challengerWrong: b, championWrong: c } = pairs;
  const twoSided = logDirichletMultinomialE([b, c], [1, 1], 1);
  return sides === 2 ? twoSided : twoSided + Math.LN2 + incompleteBeta(0.5, 0.5 + c, 0.5 + b).logLower;
}

/** The two-sided p-value of the exact McNemar test, for one look at a fixed sample; repeated looks need {@link logMcNemarE}. */
export function exactMcNemarP(pairs: DiscordantPairs): number {
  check(pairs);
  const least = Math.min(pairs.challengerWrong, pairs.championWrong);
  const most = Math.max(pairs.challengerWrong, pairs.championWrong);
  // P(Binomial(least + most, ½) ≤ least)
  return most === least ? 1 : Math.min(1, 2 * incompleteBeta(0.5, most, least + 1).lower);
}
