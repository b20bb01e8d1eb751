import { logBeta } from '../log-beta.ts';
import type { Uniform } from '../random-variates.ts';

/** Shares smaller than this part of the most likely outcome's are left out: together less than 1e-12. */
const NEGLIGIBLE = 1e-18;

/**
 * Draws from the binomial distribution by inversion of a table round its mode: the table takes about 18 standard deviations,
 * a draw the logarithm of that.
 *
 * @param trials a count
 * @param share 0..1
 */
export function binomialSampler(trials: number, share: number): (random: Uniform) => number {
  if (share <= 0 || share >= 1) return () => (share <= 0 ? 0 : trials);
  const mode = Math.min(Math.floor((trials + 1) * share), trials);
  const odds = share / (1 - share);
  const peak = Math.exp(
    mode * Math.log(share) + (trials - mode) * Math.log1p(-share) - logBeta(mode + 1, trials - mode + 1) - Math.log(trials + 1),
  );
  const above: number[] = [];
  for (let k = mode, p = peak; k < trials && p > peak * NEGLIGIBLE; k++) above.push((p *= ((trials - k) / (k + 1)) * odds));
  const below: number[] = [];
  for (let k = mode, p = peak; k > 0 && p > peak * NEGLIGIBLE; k--) below.push((p *= k / ((trials - k + 1) * odds)));
  const first = mode - below.length;
  let sum = 0;
  const cumulative = [...below.toReversed(), peak, ...above].map((p) => (sum += p));
  return (random) => {
    const target = random() * sum;
    let [low, high] = [0, cumulative.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? sum) > target) high = middle;
      else low = middle + 1;
    }
    return first + low;
  };
}
