import { checkOption, checkPositive } from '../argument-checks.ts';
import { chiSquareUpperTail } from '../incomplete-gamma.ts';

/**
 * The value that a χ² variable exceeds with probability `tail`, by bisection.
 *
 * @param tail above 0, below 1
 * @param degrees degrees of freedom, above 0
 * @throws UnderstudyError `CONFIGURATION_INVALID` for `tail`, `INPUT_INVALID` for `degrees`
 */
export function chiSquareQuantile(tail: number, degrees: number): number {
  checkOption(tail, 0, 1, 'tail');
  checkPositive(degrees, 'degrees');
  let low = 0;
  let high = degrees;
  while (chiSquareUpperTail(high, degrees) > tail) high *= 2;
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (chiSquareUpperTail(middle, degrees) > tail) low = middle;
    else high = middle;
  }
  return high;
}
