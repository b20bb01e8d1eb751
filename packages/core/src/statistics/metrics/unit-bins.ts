import { checkCount, checkLength, checkOption, checkWithin } from '../argument-checks.ts';

/** `bins` zeros. @throws UnderstudyError `CONFIGURATION_INVALID` unless there are 1 to 100,000 bins */
export function emptyBins(bins: number): number[] {
  checkOption(bins, 0, 100_001, 'bins');
  checkCount(bins, 'bins');
  return Array.from({ length: bins }, () => 0);
}

/** The equal-width bin of a value in [0, 1]: closed below, the last one also above. */
export function unitBin(value: number, bins: number, field: string): number {
  checkWithin(value, 0, 1, field);
  return Math.min(Math.floor(value * bins), bins - 1);
}

/** One more in a bin that exists. */
export function addAt(bins: number[], index: number, amount: number): void {
  bins[index] = (bins[index] ?? 0) + amount;
}

/** Bin by bin. @throws UnderstudyError `CONFIGURATION_INVALID` where the bins differ */
export function addBins(a: readonly number[], b: readonly number[]): number[] {
  checkLength(b.length, a.length, 'bins');
  return a.map((value, index) => value + (b[index] ?? 0));
}
