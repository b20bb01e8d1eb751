import { checkCount, checkLength, checkOption, shares } from './argument-checks.ts';
import { deviance } from './deviance.ts';
import { stirlingRemainder } from './log-gamma.ts';

/**
 * ln of the e-value against "the counts are multinomial with these shares": the Dirichlet(κθ) mixture against the point θ,
 * lnΓ(κ) − lnΓ(κ+N) + Σ [lnΓ(a_i+n_i) − lnΓ(a_i) − n_i ln θ_i] with a_i = κθ_i. It depends on the counts only, so that they
 * may be added up over instances, and it may be read after every unit (M. Lindon and A. Malek, Anytime-valid inference for
 * multinomial count data, 2022).
 *
 * The leading terms of Stirling's formula are cancelled on paper, which leaves deviances: at 1e9 units the plain sum has lost
 * six digits, this one none.
 *
 * @param weights positive, as many as counts; only their proportions count
 * @param concentration κ, above 0: large finds small deviations late, small finds large ones early
 * @throws UnderstudyError `INPUT_INVALID` for counts, `CONFIGURATION_INVALID` for weights or concentration
 */
export function logDirichletMultinomialE(counts: readonly number[], weights: readonly number[], concentration: number): number {
  checkOption(concentration, 0, Infinity, 'concentration');
  checkLength(weights.length, counts.length, 'weights');
  for (const [index, count] of counts.entries()) checkCount(count, `counts[${index}]`);
  const total = counts.reduce((sum, count) => sum + count, concentration);
  const theta = shares(weights);
  let log = 0.5 * Math.log(total / concentration) - stirlingRemainder(total) + stirlingRemainder(concentration);
  for (const [index, count] of counts.entries()) {
    const share = theta[index] ?? 0;
    const prior = concentration * share;
    const posterior = prior + count;
    log += deviance(posterior, total * share) - 0.5 * Math.log(posterior / prior);
    log += stirlingRemainder(posterior) - stirlingRemainder(prior);
  }
  return log;
}
