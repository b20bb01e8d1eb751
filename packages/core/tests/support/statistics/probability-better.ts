import { logBeta } from '../../../src/statistics/log-beta.ts';

interface BetaBelief {
  readonly a: number;
  readonly b: number;
}

/**
 * The probability that the challenger's rate is larger than the champion's, for independent Beta beliefs:
 * Σ_{i<a₁} B(a₀ + i, b₀ + b₁) / ((b₁ + i) B(1 + i, b₁) B(a₀, b₀)) (E. Miller, Formulas for Bayesian A/B testing, 2014).
 *
 * @param challenger with an integer `a`
 */
export function probabilityBetter(champion: BetaBelief, challenger: BetaBelief): number {
  const prior = logBeta(champion.a, champion.b);
  let sum = 0;
  for (let i = 0; i < challenger.a; i++) {
    const log = logBeta(champion.a + i, champion.b + challenger.b) - logBeta(1 + i, challenger.b) - prior;
    sum += Math.exp(log) / (challenger.b + i);
  }
  return Math.min(sum, 1);
}
