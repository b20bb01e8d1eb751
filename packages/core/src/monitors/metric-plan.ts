import { normalQuantile } from '../statistics/normal.ts';
import { wilsonInterval } from '../statistics/proportion-interval.ts';
import { addMoment, type addRows, isSummable, mergeMoments, MOMENTS_WIDTH } from './moment-rows.ts';
import type { TargetValue } from './target-value.ts';

/** A metric as it stands in a window. */
export interface MetricEstimate {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** How a metric is counted and judged. */
export interface MetricPlan {
  readonly better: 'higher' | 'lower';
  /** Numbers that are summed over the window, the count of cases first. */
  readonly width: number;
  /** The score of a case; `undefined` where the metric is not about it. */
  score(prediction: TargetValue, truth: TargetValue): number | undefined;
  /** Adds one row to another. @defaultValue number by number */
  readonly merge?: typeof addRows;
  /** Adds a case to sums, whose count has grown already. */
  add(row: Float64Array, score: number, prediction: TargetValue, truth: TargetValue): void;
  /** Null where undefined. @param alpha of the interval */
  estimate(sums: Float64Array, alpha: number): MetricEstimate | null;
  /** Whether it depends on the ranks of scores, which are kept beside the sums. */
  readonly ranks?: boolean;
  /** How a score in 0..1 is bet on, where the metric is a mean of bounded scores; `valueOf` a mean of shares is the metric's own. */
  readonly bets:
    | { readonly floor: number; readonly share: (score: number) => number; readonly valueOf: (share: number) => number }
    | undefined;
}

/** What a metric is the mean of. */
export interface MeanScore {
  readonly better: 'higher' | 'lower';
  readonly score: MetricPlan['score'];
  /** Whether scores are 0 or 1: then the interval is Wilson's, else the normal one. */
  readonly binary?: boolean;
  /** Between which all scores lie. */
  readonly range?: readonly [min: number, max: number];
  /** The metric from the mean, and back, both increasing. @defaultValue the mean itself */
  readonly shown?: readonly [fromMean: (mean: number) => number, toMean: (value: number) => number];
}

const same = (value: number): number => value;

/** A mean of scores, or what follows from one. @param limit of the metric */
export function meanPlan({ better, score, binary = false, range, shown = [same, same] }: MeanScore, limit: number): MetricPlan {
  const [fromMean, toMean] = shown;
  const share = (value: number): number => {
    if (range === undefined) return value;
    const [lowest, highest] = range;
    const inside = Math.min(Math.max(value, lowest), highest);
    return (better === 'higher' ? inside - lowest : highest - inside) / (highest - lowest);
  };
  const valueOf = (mean: number): number => {
    const [lowest, highest] = range ?? [0, 1];
    return fromMean(better === 'higher' ? lowest + mean * (highest - lowest) : highest - mean * (highest - lowest));
  };
  return {
    better,
    width: MOMENTS_WIDTH,
    score: (prediction, truth) => {
      const value = score(prediction, truth);
      return value === undefined || isSummable(value) ? value : NaN;
    },
    ...(binary ? {} : { merge: mergeMoments }),
    add: (row, value) => {
      if (binary) row[1] = (row[1] as number) + value;
      else addMoment(row, value);
    },
    estimate: ([n = 0, second = 0, squares = 0], alpha) => {
      if (n === 0) return null;
      if (binary) {
        const { lower, upper } = wilsonInterval(second, n, alpha);
        return { value: fromMean(second / n), lower: fromMean(lower), upper: fromMean(upper) };
      }
      const mean = second;
      const variance = squares / n / Math.max(1, n - 1);
      const half = -normalQuantile(alpha / 2) * Math.sqrt(variance);
      const [lowest, highest] = range ?? [-Infinity, Infinity];
      return {
        value: fromMean(mean),
        lower: fromMean(Math.max(mean - half, lowest)),
        upper: fromMean(Math.min(mean + half, highest)),
      };
    },
    bets: range === undefined ? undefined : { floor: share(toMean(limit)), share, valueOf },
  };
}
