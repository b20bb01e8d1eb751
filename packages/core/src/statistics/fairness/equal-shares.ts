import { chiSquareUpperTail } from '../incomplete-gamma.ts';

/** Units of one group, and how many of them had the event. */
export interface Proportion {
  readonly events: number;
  readonly units: number;
}

/** Below this expected count the chi-square approximation is too rough (W. Cochran, 1954). */
const MIN_EXPECTED = 5;

/** Relative slack within which two tables count as equally likely. */
const SLACK = 1 + 1e-7;
/** A weight that changes no sum. */
const NOTHING = 1e-30;

/**
 * R. A. Fisher's exact test (1935), two-sided: Σ of all tables that are no likelier than this one. Tables follow from each other by a
 * ratio, from the one without an event in the smaller group on, until they weigh nothing: so many are expected there as make this
 * short, and no factorial is taken, whatever the counts.
 */
function fisherP(a: Proportion, b: Proportion): number {
  const [small, large] = a.units <= b.units ? [a, b] : [b, a];
  const units = a.units + b.units;
  const isRare = 2 * (a.events + b.events) <= units;
  const rareIn = ({ events, units: all }: Proportion): number => (isRare ? events : all - events);
  const rare = rareIn(small) + rareIn(large);
  const most = Math.min(rare, small.units);
  const weights = [1];
  let total = 1;
  for (let inSmall = 0; inSmall < most; inSmall++) {
    const ratio = ((small.units - inSmall) / (inSmall + 1)) * ((rare - inSmall) / (large.units - rare + inSmall + 1));
    const weight = (weights[inSmall] ?? 0) * ratio;
    weights.push(weight);
    total += weight;
    if (ratio < 1 && weight < total * NOTHING) break;
  }
  const own = (weights[rareIn(small)] ?? 0) * SLACK;
  return Math.min(weights.reduce((p, weight) => (weight <= own ? p + weight : p), 0) / total, 1);
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
  if (Math.min(a.units, b.units) * Math.min(share, 1 - share) < MIN_EXPECTED) return fisherP(a, b);
  const apart = a.events / a.units - b.events / b.units;
  return chiSquareUpperTail((apart * apart) / (share * (1 - share) * (1 / a.units + 1 / b.units)), 1);
}
