import type { PageFormat } from '../page/page-format.ts';
import type { SeriesPoint, TrendBin } from '../report-data.ts';

/** The newest for which there is room: charts over time are cut after lists are. */
export const shownBins = <T>(bins: readonly T[], page: PageFormat): readonly T[] => bins.slice(-page.rowsToKeep(96));

/** Bins as points in their middle, with a gap where bins are missing. @param bins oldest first */
export function binPoints(
  bins: readonly (Omit<TrendBin, 'value'> & { readonly value: number | null })[],
  binMs: number,
): SeriesPoint[] {
  return bins.flatMap((bin, index) => {
    const point: SeriesPoint = { ...bin, at: bin.at + binMs / 2, limit: null, status: 'ok' };
    const before = bins[index - 1]?.at ?? bin.at;
    return bin.at - before > 1.5 * binMs
      ? [{ ...point, at: point.at - binMs, n: 0, value: null, interval: null }, point]
      : [point];
  });
}
