import { checkOption } from '../argument-checks.ts';
import {
  budgetFor,
  coalitionValues,
  inPlace,
  type RowValues,
  type ShapleyOptions,
  type ShapleyValues,
  varyingFeatures,
} from './coalition-values.ts';

/** With 12 features there are 4,096 coalitions; more is for {@link kernelShap}. */
const MAX_FEATURES = 12;

/**
 * Exact Shapley values (L. Shapley, 1953) of one prediction: the mean over all orders of what a feature adds when it joins, where
 * features that have not joined come from the background (interventional). Takes 2^features × background rows; features in which
 * the background does not differ from the row cost nothing.
 *
 * @param row the features of the prediction
 * @param background rows that stand for "not known"; 20 to 100 of them are usual
 * @throws UnderstudyError `CONFIGURATION_INVALID` where more than 12 features differ, rows have unequal lengths or `evaluations` is
 * too low; `INPUT_INVALID` for an output of the model that is not finite; the reason of `signal`
 */
export async function exactShapley(
  model: RowValues,
  row: readonly number[],
  background: readonly (readonly number[])[],
  options: ShapleyOptions = {},
): Promise<ShapleyValues> {
  const varying = varyingFeatures(row, background);
  const size = varying.length;
  checkOption(size, -1, MAX_FEATURES + 1, 'features that differ from the background');
  const count = 2 ** size;
  const budget = budgetFor(count * background.length, options);
  const coalitions = Array.from({ length: count }, (_, bits) => varying.map((_feature, place) => (bits & (1 << place)) !== 0));
  const values = await coalitionValues(model, row, background, varying, coalitions, budget);
  // s!(n − s − 1)!/n! for a coalition of s others: from one size to the next by a factor.
  const weights = [1 / Math.max(size, 1)];
  for (let others = 1; others < size; others++) weights.push(((weights[others - 1] ?? 0) * others) / (size - others));
  const contributions = varying.map((_feature, place) =>
    coalitions.reduce((sum, coalition, bits) => {
      if (coalition[place] === true) return sum;
      const others = coalition.filter(Boolean).length;
      return sum + (weights[others] ?? 0) * ((values[bits | (1 << place)] ?? NaN) - (values[bits] ?? NaN));
    }, 0),
  );
  return {
    base: values[0] ?? NaN,
    value: values[count - 1] ?? NaN,
    contributions: inPlace(contributions, varying, row.length),
    evaluations: count * background.length,
  };
}
