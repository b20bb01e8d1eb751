import { chiSquareQuantile } from '../../statistics/distances/chi-square-quantile.ts';
import { type FieldProfile, referenceCounts } from '../../statistics/profiles/bin-layout.ts';
import { type NumericProfile, usualOf } from '../../statistics/profiles/numeric-profile.ts';

/** Probability with which the index of a field that has not drifted exceeds the limit, at one look. */
const NOISE_ALPHA = 0.01;

/** What of a field's profile drift is measured by: worked out once. */
export interface FieldReference {
  readonly name: string;
  readonly path: readonly string[];
  readonly profile: FieldProfile;
  readonly counts: readonly number[];
  readonly total: number;
  /** What χ² of the bins exceeds without drift in 1 % of looks. */
  readonly noise: number;
  /** Numeric: where the bins are. */
  readonly positions: readonly number[] | undefined;
}

/** @param name how readings name the field */
export function fieldReference(name: string, path: readonly string[], profile: FieldProfile): FieldReference {
  const counts = referenceCounts(profile);
  return {
    name,
    path,
    profile,
    counts,
    total: counts.reduce((sum, count) => sum + count, 0),
    noise: counts.length < 2 ? 0 : chiSquareQuantile(NOISE_ALPHA, counts.length - 1),
    positions: profile.kind === 'numeric' ? positionsOf(profile) : undefined,
  };
}

/** The middle of a bin, within the range of the reference without outliers; the value of a point mass. */
function positionsOf(profile: NumericProfile): number[] {
  const { edges, pointMasses } = profile;
  const { min, max } = usualOf(profile);
  const ends = [min ?? 0, ...edges, max ?? 0];
  const middles = Array.from({ length: edges.length + 1 }, (_, bin) => ((ends[bin] ?? 0) + (ends[bin + 1] ?? 0)) / 2);
  return [...middles, ...pointMasses.map(({ value }) => value)];
}
