import { quantile } from './quantile.ts';
import { addToRunningMoments, NO_RUNNING_MOMENTS, summariseMoments } from './moments.ts';
import { sortedValues } from './sorted-values.ts';

/** One far value may not ask for a bin a unit. */
const MOST_BINS = 1000;

/**
 * How many bins of equal width a histogram gets: H. Sturges (1926), for normal data; D. Doane (1976), which adds bins for skew;
 * D. Freedman and P. Diaconis (1981), by the interquartile range; `auto` is the more of the first and the last.
 */
export type HistogramRule = 'sturges' | 'doane' | 'freedman-diaconis' | 'auto';

function width(sorted: Float64Array, rule: HistogramRule): number {
  const n = sorted.length;
  const range = (sorted[n - 1] ?? 0) - (sorted[0] ?? 0);
  const sturges = range / (Math.log2(n) + 1);
  if (rule === 'sturges') return sturges;
  if (rule === 'doane') {
    const { skewness } = summariseMoments(sorted.reduce(addToRunningMoments, NO_RUNNING_MOMENTS));
    if (n < 3 || skewness === null) return range;
    const error = Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)));
    return range / (1 + Math.log2(n) + Math.log2(1 + Math.abs(skewness) / error));
  }
  const freedmanDiaconis = (2 * (quantile(sorted, 0.75) - quantile(sorted, 0.25))) / Math.cbrt(n);
  return rule === 'auto' && (freedmanDiaconis === 0 || sturges < freedmanDiaconis) ? sturges : freedmanDiaconis;
}

/**
 * Edges of bins of equal width over the values, ascending, one more than bins, which are at most 1000. For charts: drift takes
 * quantile bins. Constant values have one bin, half a unit to either side.
 *
 * @param values at least 1 finite value
 * @param rule @defaultValue `auto`
 * @throws UnderstudyError `INPUT_INVALID` otherwise
 */
export function histogramEdges(values: readonly number[], rule: HistogramRule = 'auto'): number[] {
  const sorted = sortedValues(values, 'values');
  const [min, max] = [quantile(sorted, 0), quantile(sorted, 1)];
  if (min === max) return [min - 0.5, max + 0.5];
  const wanted = width(sorted, rule);
  const bins = wanted > 0 ? Math.min(MOST_BINS, Math.ceil((max - min) / wanted)) : 1;
  return Array.from({ length: bins + 1 }, (_, edge) => (edge === bins ? max : min + ((max - min) / bins) * edge));
}
