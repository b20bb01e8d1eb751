import { checkLength } from '../argument-checks.ts';
import { totalCount } from './share-checks.ts';

/** Two samples of counts, as tests of homogeneity compare them. */
export interface HomogeneityTable {
  /** Counts of either sample by bin, without the bins that neither has. */
  readonly pairs: readonly (readonly [reference: number, current: number])[];
  /** The second sample's share of all counts: 0–1. */
  readonly share: number;
  readonly degrees: number;
}

/** @throws UnderstudyError `INPUT_INVALID` for what is no count or where all are 0, `CONFIGURATION_INVALID` where the lengths differ */
export function homogeneityTable(reference: readonly number[], current: readonly number[]): HomogeneityTable {
  checkLength(current.length, reference.length, 'current');
  const referenceTotal = totalCount(reference, 'reference');
  const currentTotal = totalCount(current, 'current');
  const pairs = reference.map((count, bin) => [count, current[bin] ?? 0] as const).filter(([a, b]) => a + b > 0);
  return { pairs, share: currentTotal / (referenceTotal + currentTotal), degrees: pairs.length - 1 };
}
