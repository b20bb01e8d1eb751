import { checkFinite, checkPositive } from './argument-checks.ts';
import { logMeanExp } from './log-mean-exp.ts';
import type { RunningMoments } from './sketches/moments.ts';

/** Sums of the first four powers. */
export type PowerSums = readonly [first: number, second: number, third: number, fourth: number];

/** Values that are never below −bound, by their sums: all that the bets below need of them. */
export interface LowerBoundedSums {
  readonly sums: PowerSums;
  /** Above 0. */
  readonly bound: number;
}

/** The power sums of scale × value + shift. */
export function shiftedSums(
  { count, mean, squares, cubes, quartics }: Omit<RunningMoments, 'min' | 'max'>,
  scale: number,
  shift: number,
): PowerSums {
  const a = scale * mean + shift;
  const [s2, s3, s4] = [squares * scale ** 2, cubes * scale ** 3, quartics * scale ** 4];
  return [count * a, s2 + count * a ** 2, s3 + 3 * a * s2 + count * a ** 3, s4 + 4 * a * s3 + 6 * a * a * s2 + count * a ** 4];
}

/** Shares of what can be lost that are put on each value, from 0.64 down to 0.005. The best one is about mean × bound / mean square. */
const STAKES: readonly number[] = /* @__PURE__ */ Array.from({ length: 8 }, (_, k) => 0.64 * 2 ** -k);
/** What the fourth power costs under each: (−ln(1 − v) − v − v²/2 − v³/3)/v⁴. */
const PRICES: readonly number[] = /* @__PURE__ */ STAKES.map((stake) => {
  // The series Σ v^j/(j + 4): the difference would lose its digits.
  let [price, power] = [0, 1];
  for (let j = 4; j < 100; j++, power *= stake) price += power / j;
  return price;
});

/**
 * ln of the e-value against "the expectation of each value, given those before, is at most 0", exact at every sample size. A bet of
 * λ = v/bound multiplies it by 1 + λx, and ln(1 + u) ≥ u − u²/2 + u³/3 − c(v) u⁴ for every u ≥ −v (the remainder over u⁴ grows with u; of
 * the second order in X. Fan, I. Grama and Q. Liu, Exponential inequalities for martingales with applications, 2015): sums of powers
 * are enough, so that they may be added up over instances, in any order, before anything is bet. The mean over a fixed grid of
 * stakes v stands for the stake that nobody knows (I. Waudby-Smith and A. Ramdas, Estimating means of bounded random variables by
 * betting, 2024).
 *
 * @param groups one for each bound, such as one a probability of assignment
 * @throws UnderstudyError `INPUT_INVALID` for sums that are not finite or a bound that is not positive
 */
export function logLowerBoundedMeanE(groups: readonly LowerBoundedSums[]): number {
  for (const { sums, bound } of groups) {
    for (const sum of sums) checkFinite(sum, 'sums');
    checkPositive(bound, 'bound');
  }
  return logMeanExp(
    STAKES.map((stake, index) =>
      groups.reduce((log, { sums: [first, second, third, fourth], bound }) => {
        const bet = stake / bound;
        return log + bet * (first - bet * (second / 2 - bet * (third / 3 - bet * (PRICES[index] ?? 0) * fourth)));
      }, 0),
    ),
  );
}
