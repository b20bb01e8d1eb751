import {
  callback,
  count,
  finite,
  isRecord,
  type Kinds,
  ms,
  oneOf,
  options,
  over,
  type Relation,
  required,
  text,
  shareOr0,
} from '../errors/index.ts';
import type { OutcomeFact } from '../types/index.ts';
import type { MonitorOptions, SegmentOf } from './monitor.ts';
import { ERRORS, METRIC_TARGETS, type MetricName } from './named-metrics.ts';
import { casesOf, range, segmentOf, truthReader } from './option-kinds.ts';
import { isRange, type TruthReader } from './target-value.ts';

/** A metric of your own: the mean of a score. The outputs of up to 10,000 decisions (`outcomes.remembered`) are kept for it until their truth comes. */
export interface UserMetric<O, T> {
  /** The name under which it is shown, such as `cost`. */
  readonly name: string;
  /**
   * Scores one case. If it throws, or returns a score outside the range, that is counted as an invalid label.
   * @param outcome when it was decided, by whom, and what became known
   */
  readonly score: (output: O, truth: T, outcome: OutcomeFact) => number;
  /** The lowest and the highest score. */
  readonly range: readonly [min: number, max: number];
  readonly better: 'higher' | 'lower';
}

export interface LiveMetricOptions<I, O, T> extends MonitorOptions {
  /**
   * For a probability or label: `accuracy`, `precision`, `recall`, `f1`; for a probability: `auc`, `logLoss` (nats), `brier`; for a
   * number: `mae`, `rmse` (its unit), `r2`, `mape` (a fraction). Or one of your own.
   */
  readonly metric: MetricName | UserMetric<O, T>;
  /** The floor: a value below it is a breach. For metrics of which more is better. */
  readonly breachBelow?: number;
  /** The ceiling: a value above it is a breach. For metrics of which less is better. */
  readonly breachAbove?: number;
  /** Cases in the window of the shown value, in each process; at least 20. @defaultValue 1000 */
  readonly window?: number;
  /** Cases that a segment needs before it is judged. @defaultValue 50, or the window if that is less */
  readonly minCases?: number;
  /** Names the segment of an input. Segments are judged too: the first 20, and the others together. */
  readonly segmentBy?: SegmentOf<I>;
  /**
   * A label counts once its decision is this old, in milliseconds. A label that comes later never counts. Early labels are not random.
   * @defaultValue each label counts when it comes
   */
  readonly maturityMs?: number;
  /**
   * For means of bounded scores: while the limit holds, a false breach takes at least this many cases on average. The same holds for all
   * segments together.
   * @defaultValue 100_000
   */
  readonly casesToFalseAlarm?: number;
  /** For `precision`, `recall` and `f1` of a label: the label that counts as positive. */
  readonly positive?: string;
  /** For `mae`: the range in which all targets and predictions lie; with it the breach rule is exact. */
  readonly range?: readonly [min: number, max: number];
  /**
   * Reads from a truth the value that the target is compared with: a number or a label; for a probability 0, 1 or a boolean.
   * @defaultValue the target's field of it
   */
  readonly truthOf?: TruthReader<T>;
  /** Share of calls in which a paused model is asked too, 0–1, so that it can recover. @defaultValue 0.05 */
  readonly pausedSampleRate?: number;
}

type AnyOptions = LiveMetricOptions<never, never, never>;

const OWN: Kinds<UserMetric<never, never>> = {
  name: required(text),
  score: required(callback),
  range: required(range),
  better: required(oneOf('higher', 'lower')),
};

export const LIVE_METRIC_KINDS: Kinds<Omit<AnyOptions, keyof MonitorOptions>> = {
  metric: required((value) => {
    if (isRecord(value)) return options<UserMetric<never, never>>(OWN)(value);
    const expected = oneOf(...Object.keys(METRIC_TARGETS))(value);
    return typeof expected === 'string' ? `${expected}, or { name, score, range: [lowest, highest], better }` : expected;
  }),
  breachBelow: finite,
  breachAbove: finite,
  window: /* @__PURE__ */ casesOf(20),
  minCases: count,
  segmentBy: segmentOf,
  maturityMs: ms,
  casesToFalseAlarm: over(1),
  positive: text,
  range,
  truthOf: truthReader,
  pausedSampleRate: shareOr0,
};

/** What must hold between them. */
export function liveMetricRelations(settings: AnyOptions): readonly Relation[] {
  const { metric, breachBelow: floor, breachAbove: ceiling, window = 1000, minCases = 1, range: bounds } = settings;
  const own = typeof metric === 'object';
  const higher = own ? metric.better === 'higher' : !ERRORS.has(metric);
  const [needed, value, other] = higher ? (['breachBelow', floor, ceiling] as const) : (['breachAbove', ceiling, floor] as const);
  const [lowest, highest] = boundsOf(metric, bounds);
  const isWithin = value !== undefined && value > lowest && value < highest;
  const name = own ? metric.name : metric;
  const better = higher ? 'more' : 'less';
  return [
    [isWithin, needed, `a number strictly between ${lowest} and ${highest}: ${name} is a metric of which ${better} is better`],
    [other === undefined, higher ? 'breachAbove' : 'breachBelow', `nothing: ${name} has a ${needed}`],
    [minCases <= window, 'minCases', `at most the window, ${window}`],
    [bounds === undefined || metric === 'mae', 'range', "nothing: it is for 'mae' alone"],
  ];
}

function boundsOf(
  metric: MetricName | UserMetric<never, never>,
  ofTarget: readonly [number, number] | undefined,
): readonly [number, number] {
  if (typeof metric === 'object') return metric.range;
  if (metric === 'r2') return [-Infinity, 1];
  if (metric === 'mae' && isRange(ofTarget)) return [0, ofTarget[1] - ofTarget[0]];
  return ['logLoss', 'mae', 'rmse', 'mape'].includes(metric) ? [0, Infinity] : [0, 1];
}
