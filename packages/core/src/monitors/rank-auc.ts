import { normalQuantile } from '../statistics/normal.ts';
import type { MetricEstimate } from './metric-plan.ts';
import type { RankBin } from './rank-window.ts';

/**
 * The area under the ROC curve, pairs of one score as ties; the interval is that of J. Hanley and B. McNeil (1982). Null unless both
 * classes occur.
 *
 * @param bins by ascending score, one a score
 */
export function aucOfRanks(bins: readonly RankBin[], alpha: number): MetricEstimate | null {
  let [wins, hits, misses] = [0, 0, 0];
  for (const { count, positives: own } of bins) {
    const other = count - own;
    wins += own * (misses + other / 2);
    hits += own;
    misses += other;
  }
  if (hits === 0 || misses === 0) return null;
  const value = wins / hits / misses;
  const [a, b] = [value / (2 - value), (2 * value * value) / (1 + value)];
  const square = value * value;
  const variance = (value * (1 - value) + (hits - 1) * (a - square) + (misses - 1) * (b - square)) / (hits * misses);
  const half = -normalQuantile(alpha / 2) * Math.sqrt(Math.max(0, variance));
  return { value, lower: Math.max(0, value - half), upper: Math.min(1, value + half) };
}
