import { checkFinite, checkLength } from '../argument-checks.ts';
import { quantile } from '../sketches/quantile.ts';

/**
 * The median of |prediction − target|, in the unit of the target: half of the cases are no further off, however far the worst ones
 * are. Needs all cases at once, since medians do not merge. Null without a case.
 *
 * @throws UnderstudyError `INPUT_INVALID` for a number that is not finite, `CONFIGURATION_INVALID` for lists of unequal length
 */
export function medianAbsoluteError(targets: readonly number[], predictions: readonly number[]): number | null {
  checkLength(predictions.length, targets.length, 'predictions');
  const errors = Float64Array.from(targets, (target, index) => {
    const prediction = predictions[index] ?? NaN;
    checkFinite(target, `targets[${index}]`);
    checkFinite(prediction, `predictions[${index}]`);
    return Math.abs(prediction - target);
  }).sort();
  return errors.length === 0 ? null : quantile(errors, 0.5);
}
