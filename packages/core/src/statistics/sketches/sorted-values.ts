import { checkFinite, checkPositive } from '../argument-checks.ts';

/**
 * A sorted copy, ascending.
 *
 * @throws UnderstudyError `INPUT_INVALID` where there is no value or one is not finite
 */
export function sortedValues(values: readonly number[], field: string): Float64Array {
  checkPositive(values.length, `${field}.length`);
  for (const [index, value] of values.entries()) checkFinite(value, `${field}[${index}]`);
  return Float64Array.from(values).sort();
}
