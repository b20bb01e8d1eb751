/** Equal-width bins of [0, 1], all 0. */
export const emptyBins = (bins: number): number[] => Array.from({ length: bins }, () => 0);

/** The bin of a value in [0, 1]: closed below, the last one also above. */
export const unitBin = (value: number, bins: number): number => Math.min(Math.floor(value * bins), bins - 1);

export function addAt(bins: number[], index: number, amount: number): void {
  bins[index] = (bins[index] ?? 0) + amount;
}
