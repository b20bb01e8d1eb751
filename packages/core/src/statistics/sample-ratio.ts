import { logDirichletMultinomialE } from './dirichlet-multinomial.ts';

/**
 * ln of the e-value against "units were assigned with the declared weights". A mismatch, at ln(1/α) or more, means that the
 * assignment or its recording is broken; no comparison of the arms can be trusted then.
 *
 * @param counts units per arm, added up over instances
 * @param weights declared weight of each arm, in any unit
 * @param concentration of the Dirichlet prior: over 0. @defaultValue 1000
 * @throws UnderstudyError `INPUT_INVALID` for counts, `CONFIGURATION_INVALID` for weights or concentration
 */
export function logSampleRatioE(counts: readonly number[], weights: readonly number[], concentration = 1000): number {
  return logDirichletMultinomialE(counts, weights, concentration);
}
