import { checkCount, checkLength, checkOption } from '../argument-checks.ts';
import { checkVersion } from '../sketches/json-version.ts';
import type { CategoricalProfile } from './categorical-profile.ts';
import type { NumericProfile } from './numeric-profile.ts';

/** What a field was in the reference. */
export type FieldProfile = NumericProfile | CategoricalProfile;

/**
 * Where the counters of a field are. First the bins that drift compares: of a numeric field its quantile bins, then its point
 * masses; of a categorical one its categories, then `other`. Then what data quality looks at.
 */
export interface BinLayout {
  /** Bins that drift compares. */
  readonly bins: number;
  /** Categorical: a category without a bin of its own, which the reference never saw if its `other` is 0. Numeric: −1. */
  readonly other: number;
  /** Numeric: a number below the reference's least. Categorical: −1. */
  readonly below: number;
  /** Numeric: a number above the reference's largest. Categorical: −1. */
  readonly above: number;
  /** Numeric: ∞ and −∞. Categorical: −1. */
  readonly infinite: number;
  /** null, undefined and NaN. */
  readonly missing: number;
  /** A value of a type that the field does not have. */
  readonly mistyped: number;
  /** Counters in all. */
  readonly size: number;
}

export function binLayout(profile: FieldProfile): BinLayout {
  if (profile.kind === 'categorical') {
    const other = profile.categories.length;
    return {
      bins: other + 1,
      other,
      below: -1,
      above: -1,
      infinite: -1,
      missing: other + 1,
      mistyped: other + 2,
      size: other + 3,
    };
  }
  const bins = profile.counts.length + profile.pointMasses.length;
  return {
    bins,
    other: -1,
    below: bins,
    above: bins + 1,
    infinite: bins + 2,
    missing: bins + 3,
    mistyped: bins + 4,
    size: bins + 5,
  };
}

/** The reference's counts of the bins that drift compares. */
export function referenceCounts(profile: FieldProfile): number[] {
  if (profile.kind === 'categorical') return [...profile.categories.map(({ count }) => count), profile.other];
  return [...profile.counts, ...profile.pointMasses.map(({ count }) => count)];
}

/**
 * Counters of the same field, as the bins that drift compares: what is below the reference's range counts in the first quantile
 * bin, what is above in the last.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for another number of counters than the profile has
 */
export function driftCounts(profile: FieldProfile, counters: ArrayLike<number>): number[] {
  const { bins, below, above, size } = binLayout(profile);
  checkLength(counters.length, size, 'counters');
  const counts = Array.from({ length: bins }, (_, bin) => counters[bin] ?? 0);
  if (profile.kind === 'categorical') return counts;
  const last = profile.counts.length - 1;
  counts[0] = (counts[0] ?? 0) + (counters[below] ?? 0);
  counts[last] = (counts[last] ?? 0) + (counters[above] ?? 0);
  return counts;
}

/** Throws unless a profile, which may come from a file, can be counted in. */
export function checkProfile(profile: FieldProfile): void {
  checkVersion(profile, 'The reference profile');
  for (const [bin, count] of referenceCounts(profile).entries()) checkCount(count, `bin ${bin}`);
  if (profile.kind === 'categorical') return;
  checkLength(profile.counts.length, profile.edges.length + 1, 'counts');
  ascending(profile.edges, 'edges');
  ascending(
    profile.pointMasses.map(({ value }) => value),
    'pointMasses',
  );
}

function ascending(values: readonly number[], field: string): void {
  for (const [index, value] of values.entries())
    checkOption(value, values[index - 1] ?? -Infinity, Infinity, `${field}[${index}]`);
}
