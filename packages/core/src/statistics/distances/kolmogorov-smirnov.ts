import { checkWithin } from '../argument-checks.ts';
import { sortedValues } from '../sketches/sorted-values.ts';
import { kolmogorovFiniteTail } from './kolmogorov-law.ts';

/** Above this product of sample sizes `auto` takes the asymptotic law: counting paths takes a step for each pair, here about 5 ms. */
const EXACT_PAIRS = 1_000_000;

/** How the p-value of {@link kolmogorovSmirnovTest} is found. */
export type KolmogorovSmirnovMethod = 'exact' | 'one-sample' | 'stephens' | 'limit';

/** The result of {@link kolmogorovSmirnovTest}. */
export interface KolmogorovSmirnovResult {
  /** The largest distance of the two distribution functions, 0–1. */
  readonly statistic: number;
  /** The least value at which they are that far apart, in the unit of the values. */
  readonly location: number;
  readonly p: number;
  /** What the p-value is from. */
  readonly method: KolmogorovSmirnovMethod;
}

/**
 * The two-sample test of A. Kolmogorov and N. Smirnov, two-sided, of raw values: never take it from a sketch, and never test many
 * fields or look often without correcting for it.
 *
 * `exact` counts lattice paths (J. Hodges, 1958) and supposes no ties: with ties the p-value is too large; O(n · m). `limit` is
 * Kolmogorov's law at √e·D with e = nm/(n + m), `stephens` at (√e + 0.12 + 0.11/√e)·D (M. Stephens, 1970), which is near the
 * exact one from some 20 values on. `one-sample` is Kolmogorov's law of e values, rounded, against a known distribution: what SciPy
 * calls `asymp`; where e rounds to 0 there is no evidence, p = 1; O(e² · D).
 *
 * @param reference at least 1 finite value
 * @param current at least 1 finite value
 * @param method @defaultValue `exact` up to a million pairs of values, `stephens` above
 * @throws UnderstudyError `INPUT_INVALID` for an empty sample or a value that is not finite
 */
export function kolmogorovSmirnovTest(
  reference: readonly number[],
  current: readonly number[],
  method: KolmogorovSmirnovMethod = reference.length * current.length <= EXACT_PAIRS ? 'exact' : 'stephens',
): KolmogorovSmirnovResult {
  const x = sortedValues(reference, 'reference');
  const y = sortedValues(current, 'current');
  // The distance times both sizes is an integer: equal distances stay equal.
  const { reach, location } = largestDistance(x, y);
  const statistic = reach / (x.length * y.length);
  if (method === 'exact') return { statistic, location, p: pathShare(x.length, y.length, reach), method };
  const effective = (x.length * y.length) / (x.length + y.length);
  if (method === 'one-sample') {
    const count = roundHalfToEven(effective);
    return { statistic, location, p: count === 0 ? 1 : kolmogorovFiniteTail(statistic, count), method };
  }
  const root = Math.sqrt(effective);
  const scale = method === 'limit' ? root : root + 0.12 + 0.11 / root;
  return { statistic, location, p: kolmogorovUpperTail(scale * statistic), method };
}

/** As NumPy rounds, which the law of `one-sample` goes by. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

function largestDistance(x: Float64Array, y: Float64Array): { readonly reach: number; readonly location: number } {
  let reach = 0;
  let location = Math.min(x[0] ?? 0, y[0] ?? 0);
  let i = 0;
  let j = 0;
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i] ?? 0, y[j] ?? 0);
    while (x[i] === at) i++;
    while (y[j] === at) j++;
    const distance = Math.abs(i * y.length - j * x.length);
    if (distance <= reach) continue;
    reach = distance;
    location = at;
  }
  return { reach, location };
}

/** The share of the orders of n and m values in which the distance reaches `reach`: no difference of near numbers, so no cancelling. */
function pathShare(n: number, m: number, reach: number): number {
  if (reach === 0) return 1;
  const shares = new Float64Array(m + 1);
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (Math.abs(i * m - j * n) >= reach) shares[j] = 1;
      else if (i + j > 0) {
        const left = j > 0 ? (shares[j - 1] as number) : 0;
        // The last value of the order is of the first sample in i of i + j cases.
        shares[j] = (i * (shares[j] as number) + j * left) / (i + j);
      }
    }
  }
  return shares[m] as number;
}

/**
 * Q(λ) = 2 Σ (−1)^(k−1) e^(−2k²λ²), Kolmogorov's law of the limit (A. Kolmogorov, 1933); by its theta transform below λ = 1, where
 * the series is slow.
 *
 * @param lambda at least 0
 * @throws UnderstudyError `INPUT_INVALID` otherwise
 */
export function kolmogorovUpperTail(lambda: number): number {
  checkWithin(lambda, 0, Infinity, 'lambda');
  if (lambda === 0) return 1;
  let sum = 0;
  if (lambda < 1) {
    // 1 − √(2π)/λ Σ e^(−(2k−1)²π²/(8λ²))
    for (let odd = 7; odd >= 1; odd -= 2) sum += Math.exp(-((odd * Math.PI) ** 2) / (8 * lambda * lambda));
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * sum;
  }
  for (let k = 5; k >= 1; k--) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * lambda) ** 2);
  return sum;
}
