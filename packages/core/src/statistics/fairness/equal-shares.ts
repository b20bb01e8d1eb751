import { chiSquareUpperTail } from '../incomplete-gamma.ts';
import { logBeta } from '../log-beta.ts';
import type { Proportion } from '../two-sample-tests.ts';

/** Below this expected count the chi-square approximation is too rough (W. Cochran, 1954). */
const LEAST_EXPECTED = 5;

/** Relative slack within which two tables count as equally likely. */
const SLACK = 1 + 1e-7;

const logChoose = (n: number, k: number): number => -Math.log(n + 1) - logBeta(k + 1, n - k + 1);

/** R. A. Fisher's exact test (1935), two-sided: Σ of all tables that are no likelier than this one. */
function fisherP(a: Proportion, b: Proportion): number {
  const events = a.events + b.events;
  const units = a.units + b.units;
  const likelihood = (inA: number): number =>
    Math.exp(logChoose(a.units, inA) + logChoose(b.units, events - inA) - logChoose(units, events));
  const own = likelihood(a.events) * SLACK;
  const [least, most] = [Math.max(0, events - b.units), Math.min(events, a.units)];
  const mode = Math.min(Math.max(Math.floor(((events + 1) * (a.units + 1)) / (units + 2)), least), most);
  return Math.min(tail(likelihood, own, mode, -1, mode - least) + tail(likelihood, own, mode + 1, 1, most - mode - 1), 1);
}

/** Below this part of a sum nothing more is added: likelihoods fall ever faster. */
const NEGLIGIBLE = 1e-18;

/** Σ of the likelihoods up to `own` over `length` steps beyond `from`, where they fall. It takes as long as the spread is wide, not as the counts are large. */
function tail(likelihood: (inA: number) => number, own: number, from: number, step: 1 | -1, length: number): number {
  // The first that is no likelier, by bisection.
  let [low, high] = [0, Math.max(length + 1, 0)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (likelihood(from + step * middle) <= own) high = middle;
    else low = middle + 1;
  }
  let sum = 0;
  for (let at = low; at <= length; at++) {
    const next = likelihood(from + step * at);
    sum += next;
    if (next < NEGLIGIBLE * sum || next === 0) break;
  }
  return sum;
}

/**
 * The two-sided p-value of "both shares are equal", for one look: K. Pearson's chi-square (1900), or Fisher's exact test where a
 * count below 5 is expected. 1 where nothing varies.
 *
 * @param a,b with at least one unit, and counts that were checked
 */
export function equalSharesP(a: Proportion, b: Proportion): number {
  const units = a.units + b.units;
  const share = (a.events + b.events) / units;
  if (share === 0 || share === 1) return 1;
  if (Math.min(a.units, b.units) * Math.min(share, 1 - share) < LEAST_EXPECTED) return fisherP(a, b);
  const apart = a.events / a.units - b.events / b.units;
  return chiSquareUpperTail((apart * apart) / (share * (1 - share) * (1 / a.units + 1 / b.units)), 1);
}
