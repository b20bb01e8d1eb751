import { normalQuantile } from '../statistics/normal.ts';
import type { MetricPlan } from './metric-plan.ts';

/** Scores that lie closer in log-odds share a bin: the area does not depend on how scores are scaled. */
export const LOG_ODDS_BINS = 32;
const LOG_ODDS = 8;

/** The bin of a probability: from 0 to 31, half a unit of log-odds wide, the outer ones open. */
export function logOddsBin(probability: number): number {
  const place = Math.floor(((Math.log(probability / (1 - probability)) + LOG_ODDS) * LOG_ODDS_BINS) / (2 * LOG_ODDS));
  return Math.min(Math.max(place, 0), LOG_ODDS_BINS - 1);
}

/**
 * The area under the ROC curve, of scores by bins of half a unit of log-odds, pairs within a bin as ties; the interval is that of
 * J. Hanley and B. McNeil (1982).
 */
export function aucPlan(): MetricPlan {
  return {
    better: 'higher',
    width: 1 + 2 * LOG_ODDS_BINS,
    bets: undefined,
    score: (prediction) => Number(prediction),
    add: (row, score, _, truth) => {
      const bin = 1 + logOddsBin(score) + (truth === 1 ? 0 : LOG_ODDS_BINS);
      row[bin] = (row[bin] ?? 0) + 1;
    },
    estimate: (sums, alpha) => {
      let [wins, hits, misses] = [0, 0, 0];
      for (let bin = 1; bin <= LOG_ODDS_BINS; bin++) {
        const [own, other] = [sums[bin] ?? 0, sums[bin + LOG_ODDS_BINS] ?? 0];
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
    },
  };
}
