import type { Problem } from '../errors/index.ts';
import type { OutcomeFact } from '../spec/index.ts';
import type { MonitorOptions, SegmentOf } from './monitor.ts';
import { optionProblems } from './monitor-base.ts';
import { ERRORS, METRIC_TARGETS, type MetricName } from './named-metrics.ts';
import { isRange, readerCheck, type TruthReader } from './target-value.ts';

/** A metric of your own: the mean of a score. The outputs of up to 10,000 decisions (`outcomes.remembered`) are kept for it until their truth comes. */
export interface UserMetric<O, T> {
  /** As it is shown: `cost`. */
  readonly name: string;
  /** One case; what it throws, and what is outside the range, is counted as an invalid label. @param outcome when it was decided, by whom, and what became known */
  readonly score: (output: O, truth: T, outcome: OutcomeFact) => number;
  /** Between which every score lies. */
  readonly range: readonly [lowest: number, highest: number];
  readonly better: 'higher' | 'lower';
}

export interface LiveMetricOptions<I, O, T> extends MonitorOptions {
  /**
   * Of a probability or label: `accuracy`, `precision`, `recall`, `f1`; of a probability: `auc`, `logLoss` (nats), `brier`; of a
   * number: `mae`, `rmse` (its unit), `r2`, `mape` (a fraction). Or one of your own.
   */
  readonly metric: MetricName | UserMetric<O, T>;
  /** Below it lies a breach, where more is better. */
  readonly floor?: number;
  /** Above it lies a breach, where less is better. */
  readonly ceiling?: number;
  /** Cases that the value is of, in each process; at least 20. @defaultValue 1000 */
  readonly window?: number;
  /** Cases without which nothing is said, in every segment. @defaultValue 50, or the window if that is less */
  readonly minimum?: number;
  /** Names segments, which are judged too: 20, and the others together. */
  readonly by?: SegmentOf<I>;
  /**
   * A label counts when its decision is so old, and not at all if it comes later: early labels are not random. In milliseconds.
   * @defaultValue each label counts when it comes
   */
  readonly maturityMs?: number;
  /**
   * Of means of bounded scores: while the limit holds, a false breach takes at least so many cases on average, in the whole and
   * over all segments. @defaultValue 100_000
   */
  readonly casesToFalseAlarm?: number;
  /** For `precision`, `recall` and `f1` of a label: the one that is looked for. */
  readonly positive?: string;
  /** Of `mae`: between which all targets and predictions lie; with it the breach rule is exact. */
  readonly range?: readonly [lowest: number, highest: number];
  /** What of a truth the target is compared with: a number, a label; for a probability 0, 1 or a boolean. @defaultValue the target's field of it */
  readonly truthOf?: TruthReader<T>;
  /** Share of calls in which the model is asked while it is paused: how it may recover. @defaultValue 0.05 */
  readonly pausedSampleRate?: number;
}

/** What is wrong with options, told when the model is defined. */
export function liveMetricProblems<I, O, T>(options: LiveMetricOptions<I, O, T>): Problem[] {
  const {
    metric,
    floor,
    ceiling,
    window = 1000,
    minimum = 1,
    maturityMs = 1,
    casesToFalseAlarm = 2,
    range,
    by,
    truthOf,
  } = options;
  const own = typeof metric === 'object';
  const known = own
    ? typeof metric?.name === 'string' && typeof metric.score === 'function' && isRange(metric.range)
    : Object.hasOwn(METRIC_TARGETS, metric);
  if (!known) {
    const names = Object.keys(METRIC_TARGETS).join(', ');
    return optionProblems([false, 'metric', `one of ${names}, or { name, score, range: [lowest, highest], better }`, metric]);
  }
  const higher = own ? metric.better === 'higher' : !ERRORS.has(metric);
  const [needed, value, other] = higher ? (['floor', floor, ceiling] as const) : (['ceiling', ceiling, floor] as const);
  const [lowest, highest] = boundsOf(metric, range);
  const within = typeof value === 'number' && value > lowest && value < highest;
  const name = own ? metric.name : metric;
  return optionProblems(
    [
      within,
      needed,
      `a number strictly between ${lowest} and ${highest}: ${name} is a metric of which ${higher ? 'more' : 'less'} is better`,
      value,
    ],
    [other === undefined, higher ? 'ceiling' : 'floor', `nothing: ${name} has a ${needed}`, other],
    [Number.isSafeInteger(window) && window >= 20, 'window', 'an integer of at least 20', window],
    [Number.isSafeInteger(minimum) && minimum >= 1 && minimum <= window, 'minimum', 'an integer from 1 to the window', minimum],
    [by === undefined || typeof by === 'function', 'by', 'a function that names a segment', by],
    readerCheck(truthOf),
    [maturityMs > 0 && maturityMs < Infinity, 'maturityMs', 'milliseconds above 0', maturityMs],
    [casesToFalseAlarm > 1 && casesToFalseAlarm < Infinity, 'casesToFalseAlarm', 'a number above 1', casesToFalseAlarm],
    [
      range === undefined || (metric === 'mae' && isRange(range)),
      'range',
      "[lowest, highest] of the target, for 'mae' alone",
      range,
    ],
  );
}

function boundsOf(
  metric: MetricName | UserMetric<never, never>,
  range: readonly [number, number] | undefined,
): readonly [number, number] {
  if (typeof metric === 'object') return metric.range;
  if (metric === 'r2') return [-Infinity, 1];
  if (metric === 'mae' && isRange(range)) return [0, range[1] - range[0]];
  return ['logLoss', 'mae', 'rmse', 'mape'].includes(metric) ? [0, Infinity] : [0, 1];
}
