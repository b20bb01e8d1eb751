import { checkPositive, checkWithin } from '../argument-checks.ts';

/**
 * How a quantile between two values is found: `linear` is type 7 of R. Hyndman and Y. Fan (1996), the default of R and NumPy;
 * `inverted-cdf` is the smallest value that at least a share q of the values does not exceed.
 */
export type QuantileMethod = 'linear' | 'lower' | 'higher' | 'nearest' | 'inverted-cdf';

/**
 * The quantile `q` of values sorted in ascending order.
 *
 * @param sorted finite values, at least 1
 * @param q 0–1
 * @param method @defaultValue `linear`
 * @throws UnderstudyError `INPUT_INVALID` without a value or for a `q` outside 0–1
 */
export function quantile(sorted: ArrayLike<number>, q: number, method: QuantileMethod = 'linear'): number {
  checkPositive(sorted.length, 'sorted.length');
  checkWithin(q, 0, 1, 'q');
  const position = q * (sorted.length - 1);
  const at = (index: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, index))] ?? NaN;
  const below = Math.floor(position);
  switch (method) {
    case 'lower':
      return at(below);
    case 'higher':
      return at(Math.ceil(position));
    case 'nearest': {
      const half = position - below === 0.5;
      // A tie goes to the even position, as NumPy has it.
      return at(half ? below + (below % 2) : Math.round(position));
    }
    case 'inverted-cdf':
      return at(Math.ceil(q * sorted.length) - 1);
    case 'linear': {
      const [low, high] = [at(below), at(below + 1)];
      const part = position - below;
      // Ends so far apart that their difference is no number.
      if (high - low === Infinity) return low * (1 - part) + high * part;
      // From the nearer end, so that q = 1 and equal neighbours are exact.
      return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
    }
  }
}
