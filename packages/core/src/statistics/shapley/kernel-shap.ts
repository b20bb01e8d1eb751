import { checkedUniform, type Uniform } from '../random-variates.ts';
import { sampleCoalitions, type WeightedCoalition } from './coalition-sample.ts';
import {
  budgetFor,
  coalitionValues,
  inPlace,
  type RowValues,
  type ShapleyOptions,
  type ShapleyValues,
  varyingFeatures,
} from './coalition-values.ts';
import { solveSymmetric } from './solve-symmetric.ts';

/**
 * Shapley values of one prediction for any number of features (S. Lundberg and S.-I. Lee, 2017): a regression on coalitions,
 * weighted with the Shapley kernel and bound to add up to the prediction. Exact where the budget holds all coalitions, or where
 * features add up; otherwise the more evaluations, the closer.
 *
 * @param row the features of the prediction
 * @param background rows that stand for "not known"; 20 to 100 of them are usual
 * @param random uniform in [0, 1): a seeded one gives the same values again
 * @throws UnderstudyError `CONFIGURATION_INVALID` where rows have unequal lengths or `evaluations` is below
 * 2 × (features + 1) × background rows: raise it or give fewer rows; `INPUT_INVALID` for an output of the model that is not finite;
 * the reason of `signal`
 */
export async function kernelShap(
  model: RowValues,
  row: readonly number[],
  background: readonly (readonly number[])[],
  random: Uniform,
  options: ShapleyOptions = {},
): Promise<ShapleyValues> {
  const varying = varyingFeatures(row, background);
  const size = varying.length;
  const budget = budgetFor(2 * (size + 1) * background.length, options);
  const places = Math.floor(budget.evaluations / background.length) - 2;
  const sample = size < 2 ? [] : sampleCoalitions(size, places, checkedUniform(random));
  const ends = [varying.map(() => false), varying.map(() => true)];
  const coalitions = [...ends, ...sample.map(({ members }) => members)];
  const [base = NaN, value = NaN, ...values] = await coalitionValues(model, row, background, varying, coalitions, budget);
  const gain = value - base;
  const contributions = size < 2 ? [gain] : regression(sample, values, base, gain);
  return {
    base,
    value,
    contributions: inPlace(contributions, varying, row.length),
    evaluations: coalitions.length * background.length,
  };
}

/** Weighted least squares of v(S) − base on membership, with Σ = gain: the last feature is what the others leave. */
function regression(sample: readonly WeightedCoalition[], values: readonly number[], base: number, gain: number): number[] {
  const free = (sample[0]?.members.length ?? 1) - 1;
  const products = Array.from({ length: free }, () => Array.from({ length: free }, () => 0));
  const targets = Array.from({ length: free }, () => 0);
  for (const [index, { members, weight }] of sample.entries()) {
    const last = Number(members[free]);
    const target = (values[index] ?? NaN) - base - last * gain;
    for (const [i, row] of products.entries()) {
      const own = weight * (Number(members[i]) - last);
      if (own === 0) continue;
      targets[i] = (targets[i] ?? 0) + own * target;
      for (let j = 0; j <= i; j++) row[j] = (row[j] ?? 0) + own * (Number(members[j]) - last);
    }
  }
  const solved = solveSymmetric(products, targets);
  return [...solved, solved.reduce((rest, one) => rest - one, gain)];
}
