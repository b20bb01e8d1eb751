import type { CounterPart, DecisionFact, MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import { FleetSums, WHOLE } from './fleet-sums.ts';
import { FloorWatch } from './floor-watch.ts';
import { figure, limitReading } from './limit-reading.ts';
import { LIVE_METRIC_KINDS, type LiveMetricOptions, liveMetricRelations, type UserMetric } from './live-metric-options.ts';
import { Maturing } from './maturing.ts';
import { meanPlan, type MetricEstimate, type MetricPlan } from './metric-plan.ts';
import type { Monitor, BuiltInContext, SegmentOf } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import type { MonitorFailures } from './monitor-failures.ts';
import { METRIC_TARGETS, metricPlan } from './named-metrics.ts';
import { aucOfRanks } from './rank-auc.ts';
import { RankWindow } from './rank-window.ts';
import { NO_SEGMENT, segmentName, Segments } from './segments.ts';
import { targetProblems, type TargetValue, type TruthReader, truthOf } from './target-value.ts';

/** The error of one look at a metric without bets: three standard errors, as the window is looked at again and again. */
const BREACH_ALPHA = 0.0027;
const CONFIRMATIONS = 3;
/** Under which ranks are told to the other processes. */
const RANKS = 'ranks';

/**
 * A metric of what the model tiers served, against the truths that arrive: a floor (or ceiling) that it must not break.
 *
 * Means of bounded scores (accuracy, precision, recall, F1, Brier, `mae` with `range`, a metric of your own) are judged by an
 * e-detector over all cases, case by case, which may be looked at as often as one likes; the others by the 99.7 % interval of the window.
 */
export function liveMetric<I, O, T>(
  options: LiveMetricOptions<I, O, T>,
): Monitor<{ readonly input: I; readonly output: O; readonly truth: T }> {
  const { base, settings } = monitorBase<LiveMetricOptions<I, O, T>>(
    'liveMetric',
    options,
    { confirmations: CONFIRMATIONS },
    LIVE_METRIC_KINDS,
    liveMetricRelations,
  );
  const { metric } = settings;
  const isGiven = base.problems.length === 0 && settings.confirmations !== undefined;
  return {
    ...base,
    // Bets may be looked at as often as one likes.
    ...(isGiven || !isBetOn(settings) ? {} : { confirmations: 1 }),
    check: (context) => {
      if (typeof metric !== 'string') return [];
      const problems = targetProblems(`liveMetric({ metric: '${metric}' })`, context, METRIC_TARGETS[metric]);
      const needsPositive = ['precision', 'recall', 'f1'].includes(metric) && context.target?.kind === 'label';
      return needsPositive && settings.positive === undefined
        ? [...problems, { path: 'positive', message: `expected the label whose ${metric} is meant` }]
        : problems;
    },
    start: (context) => new LiveMetricRun(settings, context),
  };
}

/** Whether it is a mean of bounded scores. */
function isBetOn({ metric, range }: LiveMetricOptions<never, never, never>): boolean {
  const bounded: readonly unknown[] = ['accuracy', 'precision', 'recall', 'f1', 'brier'];
  return typeof metric === 'object' || bounded.includes(metric) || range !== undefined;
}

interface Kept {
  /** What was predicted; the whole output for a metric of the user's. */
  readonly value: unknown;
  readonly segment: string | undefined;
}

interface LabelledCase {
  readonly segment: string | undefined;
  readonly score: number;
  readonly prediction: TargetValue;
  readonly truth: TargetValue;
}

class LiveMetricRun<I, O, T> implements MonitorRun {
  readonly keep: Exclude<MonitorRun['keep'], undefined>;
  readonly #options: LiveMetricOptions<I, O, T>;
  readonly #context: BuiltInContext;
  readonly #plan: MetricPlan;
  readonly #limit: number;
  readonly #sums: FleetSums;
  readonly #watches: Segments<FloorWatch> | undefined;
  /** The window of a metric of ranks. */
  readonly #ranks: Segments<RankWindow> | undefined;
  readonly #maturing: Maturing<LabelledCase> | undefined;
  #invalid = 0;

  constructor(options: LiveMetricOptions<I, O, T>, context: BuiltInContext) {
    const {
      metric,
      breachBelow: floor,
      breachAbove: ceiling,
      window = 1000,
      maturityMs,
      casesToFalseAlarm = 100_000,
      positive,
      range,
    } = options;
    this.#options = options;
    this.#context = context;
    this.#limit = floor ?? ceiling ?? NaN;
    const { target = NO_TARGET } = context;
    const isPlain = typeof metric === 'string' && options.segmentBy === undefined;
    this.keep = isPlain ? 'prediction' : (decision, prediction) => this.#kept(decision, prediction);
    this.#plan =
      typeof metric === 'object'
        ? meanPlan({ better: metric.better, range: metric.range, score: Number }, this.#limit)
        : metricPlan(metric, this.#limit, target, positive, range);
    const { merge } = this.#plan;
    this.#sums = new FleetSums(this.#plan.width, window, merge === undefined ? {} : { merge });
    const { bets } = this.#plan;
    if (bets !== undefined) this.#watches = new Segments(() => new FloorWatch({ floor: bets.floor, casesToFalseAlarm }), 21);
    this.#watches?.of(WHOLE);
    if (this.#plan.ranks === true) this.#ranks = new Segments(() => new RankWindow(window), 21);
    this.#ranks?.of(WHOLE);
    if (maturityMs !== undefined) this.#maturing = new Maturing(maturityMs);
  }

  #kept(decision: DecisionFact, prediction: TargetValue | undefined): unknown {
    const { metric, segmentBy: by } = this.#options;
    const value = typeof metric === 'object' ? servedOutput(decision) : prediction;
    if (value === undefined || by === undefined) return value;
    const kept: Kept = { value, segment: segmentName(by as SegmentOf<unknown>, decision, this.#context.failures) || NO_SEGMENT };
    return kept;
  }

  outcome(outcome: OutcomeFact, kept: unknown): void {
    if (kept === undefined || outcome.truth === undefined) return;
    const { value, segment } = this.#options.segmentBy === undefined ? { value: kept, segment: undefined } : (kept as Kept);
    const labelled = this.#labelled(outcome, outcome.truth, value, segment);
    if (labelled === undefined) this.#invalid++;
    else if (this.#maturing === undefined) this.#count(labelled);
    else if (!Number.isNaN(labelled.score)) this.#maturing.hold(outcome.decidedAt, outcome.at, labelled);
  }

  read(now: number): readonly MonitorReading[] {
    this.#mature(now);
    return [...this.#sums.names()].map((segment) => this.#reading(segment));
  }

  cases(): number {
    return this.#sums.cases;
  }

  counters(now: number): Record<string, number> {
    this.#mature(now);
    // Powers round another origin do not add up.
    if (this.#options.metric === 'r2') return {};
    const counters = this.#sums.counters();
    for (const [name, watch] of this.#watches?.entries() ?? []) Object.assign(counters, watch.counters(name));
    return { ...counters, ...this.#ranks?.of(WHOLE).counters(RANKS) };
  }

  merge(others: readonly Omit<CounterPart, 'sequence'>[]): void {
    this.#sums.merge(others);
    for (const [name, watch] of this.#watches?.entries() ?? []) watch.merge(others, name);
    this.#ranks?.of(WHOLE).merge(others, RANKS);
  }

  /** `undefined` for an invalid label; its score is NaN where the metric is not about the case. */
  #labelled(
    outcome: OutcomeFact,
    truth: NonNullable<OutcomeFact['truth']>,
    value: unknown,
    segment: string | undefined,
  ): LabelledCase | undefined {
    const { metric, truthOf: custom } = this.#options;
    const { target = NO_TARGET, failures } = this.#context;
    if (typeof metric === 'object') {
      const score = userScore(metric, value as O, truth.value as T, outcome, this.#context.failures);
      return score === undefined ? undefined : { segment, score, prediction: score, truth: 0 };
    }
    const known = truthOf(truth, target, custom as TruthReader<unknown> | undefined, failures);
    if (known === undefined) return undefined;
    const prediction = value as TargetValue;
    const score = this.#plan.score(prediction, known);
    // Its square is summed too.
    if (score !== undefined && !Number.isFinite(score * score)) return undefined;
    return { segment, score: score ?? NaN, prediction, truth: known };
  }

  #mature(now: number): void {
    this.#maturing?.release(now, (labelled) => this.#count(labelled));
  }

  #count(labelled: LabelledCase): void {
    if (Number.isNaN(labelled.score)) return;
    this.#add(WHOLE, labelled);
    if (labelled.segment !== undefined) this.#add(labelled.segment, labelled);
  }

  #add(segment: string, { score, prediction, truth }: LabelledCase): void {
    this.#plan.add(this.#sums.row(segment), score, prediction, truth);
    this.#watches?.of(segment).add(this.#plan.bets?.share(score) ?? 0);
    this.#ranks?.of(segment).add(score, Number(truth));
  }

  #reading(segment: string): MonitorReading {
    const { metric, window = 1000, minCases = Math.min(50, window) } = this.#options;
    const { better } = this.#plan;
    const sums = this.#sums.totals(segment);
    const ranks = this.#ranks?.of(segment).bins();
    const estimateAt = (alpha: number): MetricEstimate | null =>
      ranks === undefined ? this.#plan.estimate(sums, alpha) : aucOfRanks(ranks, alpha);
    const estimate = estimateAt(0.05);
    const far = this.#watches === undefined ? estimateAt(BREACH_ALPHA) : null;
    const excluded = far !== null && (better === 'higher' ? far.upper < this.#limit : far.lower > this.#limit);
    const { newest } = this.#watches?.of(segment) ?? {};
    return limitReading({
      ...(newest === undefined ? {} : { where: this.#where(newest) }),
      measure: typeof metric === 'object' ? metric.name : metric,
      segment,
      n: ranks?.reduce((sum, { count }) => sum + count, 0) ?? sums[0] ?? 0,
      value: estimate?.value ?? null,
      interval: estimate === null ? null : [estimate.lower, estimate.upper],
      limit: this.#limit,
      better,
      minCases,
      proven: this.#watches?.of(segment).breached ?? excluded,
      note: segment === WHOLE ? this.#note() : '',
    });
  }

  /** The window may hold many good cases from before a fall. */
  #where({ cases, mean }: NonNullable<FloorWatch['newest']>): string {
    const value = this.#plan.bets?.valueOf(mean) ?? NaN;
    return ` in the newest ${cases} ${cases === 1 ? 'case' : 'cases'}, where it is ${figure(value)}`;
  }

  #note(): string {
    const { waiting = 0, late = 0, dropped = 0 } = this.#maturing ?? {};
    const parts = [
      [this.#invalid, 'invalid labels'],
      [late, 'labels too late'],
      [dropped, 'labels without room'],
      [waiting, 'labels that wait for maturity'],
    ] as const;
    const told = parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
    return told.length === 0 ? '' : ` Not in it: ${told.join(', ')}.`;
  }
}

/** What a metric of the user's is given instead: it needs none. */
const NO_TARGET = { kind: 'label', field: '', positiveAt: 0.5 } as const;

const servedOutput = ({ tier, output }: DecisionFact): unknown => (tier === 'model' || tier === 'cache' ? output : undefined);

function userScore<O, T>(
  { score, range: [lowest, highest] }: UserMetric<O, T>,
  output: O,
  truth: T,
  outcome: OutcomeFact,
  failures: MonitorFailures,
): number | undefined {
  const value: unknown = failures.guarded('score', () => score(output, truth, outcome));
  return typeof value === 'number' && value >= lowest && value <= highest ? value : undefined;
}
