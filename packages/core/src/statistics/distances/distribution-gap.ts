import { sortedValues } from '../sketches/sorted-values.ts';

/**
 * ∫ cost(F − G) for the empirical distribution functions F and G of two samples. O(n log n).
 *
 * @throws UnderstudyError `INPUT_INVALID` where a sample has no value or one that is not finite
 */
export function integrateGap(
  reference: readonly number[],
  current: readonly number[],
  cost: (difference: number) => number,
): number {
  const x = sortedValues(reference, 'reference');
  const y = sortedValues(current, 'current');
  let sum = 0;
  let i = 0;
  let j = 0;
  let at = Math.min(x[0] ?? 0, y[0] ?? 0);
  while (i < x.length || j < y.length) {
    const next = Math.min(x[i] ?? Infinity, y[j] ?? Infinity);
    sum += cost(i / x.length - j / y.length) * (next - at);
    at = next;
    while (x[i] === at) i++;
    while (y[j] === at) j++;
  }
  return sum;
}
