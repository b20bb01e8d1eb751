import { count, type Kinds, probability, type Relation } from '../errors/index.ts';
import type { CounterPart, DecisionFact, MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import { cohensKappa } from '../statistics/metrics/agreement.ts';
import { wilsonInterval } from '../statistics/proportion-interval.ts';
import { FleetSums, WHOLE } from './fleet-sums.ts';
import { limitReading } from './limit-reading.ts';
import type { Monitor, MonitorOptions, BuiltInContext, SegmentOf, TargetView } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import type { MonitorFailures } from './monitor-failures.ts';
import { casesOf, segmentOf } from './option-kinds.ts';
import { NO_SEGMENT, segmentName } from './segments.ts';
import { fieldOf, labelOf, type TargetValue } from './target-value.ts';

export interface OverridesOptions<I> extends MonitorOptions {
  /** The highest share of decisions that people may override: strictly between 0 and 1. @defaultValue none: it only shows */
  readonly breachAbove?: number;
  /** Names the segment of an input. Segments are judged too: the first 20, and the others together. */
  readonly segmentBy?: SegmentOf<I>;
  /** Decisions in the window of the rate, in each process; at least 20. @defaultValue 1000 */
  readonly window?: number;
  /** Cases needed before anything is judged. @defaultValue 50, or the window if that is less */
  readonly minCases?: number;
}

const CONFIRMATIONS = 3;
/** Under repeated looks, confirmed. */
const BREACH_ALPHA = 0.0027;
/** Labels of the table of agreement; cases of others are in no kappa. */
const MAX_LABELS = 8;

/**
 * How often people overrule the model: the share of its decisions that are overridden, the share of feedback that disagrees, and
 * Cohen's kappa of the model's label and the human one. People who have seen the model's answer agree with it more
 * often than people who have not: reviews with `blind: true` have a kappa of their own, and override nothing.
 */
export function overrides<I>(options: OverridesOptions<I> = {}): Monitor<{ readonly input: I }> {
  const defaults = { confirmations: CONFIRMATIONS };
  const { base, settings } = monitorBase<OverridesOptions<I>>('overrides', options, defaults, KINDS, relations);
  return { ...base, start: (context) => new OverridesRun(settings, context) };
}

const KINDS: Kinds<Omit<OverridesOptions<never>, keyof MonitorOptions>> = {
  breachAbove: probability,
  segmentBy: segmentOf,
  window: casesOf(20),
  minCases: count,
};

const relations = ({ window = 1000, minCases = 1 }: OverridesOptions<never>): readonly Relation[] => [
  [minCases <= window, 'minCases', `at most the window, ${window}`],
];

interface Kept {
  readonly prediction: TargetValue;
  readonly segment: string;
}

/** In place of a probability or a label, where there was none. */
const NO_PREDICTION = -1;

class OverridesRun<I> implements MonitorRun {
  readonly #options: OverridesOptions<I>;
  readonly #target: TargetView | undefined;
  readonly #failures: MonitorFailures;
  /** Decisions, and those overridden. */
  readonly #decisions: FleetSums;
  /** Feedback, and that which disagrees. */
  readonly #feedback: FleetSums;
  /** Reviewed cases by the model's label (rows) and the human one. */
  readonly #reviews: FleetSums;
  /** Those of people who had not seen the model's answer. */
  readonly #blindReviews: FleetSums;
  readonly #labels: Map<string, number>;
  #unlabelled = 0;

  constructor(options: OverridesOptions<I>, { target, failures }: BuiltInContext) {
    const { window = 1000 } = options;
    this.#options = options;
    this.#failures = failures;
    this.#target = target?.kind === 'number' ? undefined : target;
    this.#decisions = new FleetSums(2, window);
    this.#feedback = new FleetSums(2, window);
    this.#reviews = new FleetSums(1 + MAX_LABELS * MAX_LABELS, window);
    this.#blindReviews = new FleetSums(1 + MAX_LABELS * MAX_LABELS, window);
    this.#labels = new Map(target?.kind === 'probability' ? [NEGATIVE, POSITIVE].map((label, index) => [label, index]) : []);
  }

  /** The prediction alone where there are no segments: most are numbers, which are kept compactly. */
  keep(decision: DecisionFact, predicted: TargetValue | undefined): TargetValue | Kept | undefined {
    const { tier, sampled } = decision;
    // What a paused model would have answered, nobody has seen.
    if ((tier !== 'model' && tier !== 'cache') || sampled === true) return undefined;
    const { segmentBy: by } = this.#options;
    this.#decisions.row(WHOLE);
    const prediction = (this.#target === undefined ? undefined : predicted) ?? NO_PREDICTION;
    if (by === undefined) return prediction;
    const segment = segmentName(by as SegmentOf<unknown>, decision, this.#failures) || NO_SEGMENT;
    this.#decisions.row(segment);
    return { prediction, segment };
  }

  outcome({ override, feedback }: OutcomeFact, kept: unknown): void {
    if (kept === undefined || (override === undefined && feedback === undefined)) return;
    const { prediction, segment } =
      this.#options.segmentBy === undefined ? { prediction: kept as TargetValue, segment: undefined } : (kept as Kept);
    const label = prediction === NO_PREDICTION ? undefined : this.#labelOf(prediction);
    const human = override === undefined ? this.#agreed(label, feedback?.agree === true) : this.#overriding(override.output);
    if (override?.blind === true) {
      // No decision was overruled: nobody had seen it.
      this.#review(this.#blindReviews, WHOLE, label, human);
      if (segment !== undefined) this.#review(this.#blindReviews, segment, label, human);
      return;
    }
    this.#count(WHOLE, override !== undefined, feedback, label, human);
    if (segment !== undefined) this.#count(segment, override !== undefined, feedback, label, human);
  }

  read(): readonly MonitorReading[] {
    const { breachAbove: ceiling = null } = this.#options;
    const rates = (sums: FleetSums, measure: string, limit: number | null): MonitorReading[] =>
      sums.names().map((segment) => this.#rate(measure, segment, sums.totals(segment), limit));
    const kappas = (measure: string, sums: FleetSums): MonitorReading[] =>
      this.#target === undefined ? [] : sums.names().map((segment) => this.#kappa(measure, sums, segment));
    return [
      ...rates(this.#decisions, 'override-rate', ceiling),
      ...rates(this.#feedback, 'feedback-disagreement', null),
      ...kappas('kappa', this.#reviews),
      ...kappas('kappa:blind', this.#blindReviews),
    ];
  }

  cases(): number {
    return this.#decisions.cases;
  }

  counters(): Record<string, number> {
    const counters: Record<string, number> = {};
    for (const [mark, sums] of [
      ['d', this.#decisions],
      ['f', this.#feedback],
    ] as const)
      for (const [name, value] of Object.entries(sums.counters())) counters[`${mark}${name}`] = value;
    return counters;
  }

  merge(others: readonly Omit<CounterPart, 'sequence'>[]): void {
    for (const [mark, sums] of [
      ['d', this.#decisions],
      ['f', this.#feedback],
    ] as const) {
      const own = (counters: Readonly<Record<string, number>>): Record<string, number> =>
        Object.fromEntries(
          Object.entries(counters).flatMap(([name, value]) => (name.startsWith(mark) ? [[name.slice(1), value]] : [])),
        );
      sums.merge(others.map(({ instance, counters }) => ({ instance, counters: own(counters) })));
    }
  }

  #labelOf(value: unknown): string | undefined {
    if (this.#target?.kind !== 'probability') return labelOf(value);
    if (typeof value === 'boolean') return value ? POSITIVE : NEGATIVE;
    if (typeof value !== 'number' || Number.isNaN(value)) return undefined;
    return value >= this.#target.positiveAt ? POSITIVE : NEGATIVE;
  }

  /** The label that a person put in place of the model's. */
  #overriding(output: unknown): string | undefined {
    return this.#target === undefined ? undefined : this.#labelOf(fieldOf(output, this.#target.field));
  }

  /** The human label that feedback stands for: of more than two labels, disagreement does not say which. */
  #agreed(label: string | undefined, agree: boolean): string | undefined {
    if (agree || label === undefined) return label;
    if (this.#target?.kind !== 'probability') return undefined;
    return label === POSITIVE ? NEGATIVE : POSITIVE;
  }

  #count(
    segment: string,
    overridden: boolean,
    feedback: OutcomeFact['feedback'],
    label: string | undefined,
    human: string | undefined,
  ): void {
    if (overridden) add(this.#decisions.newest(segment), 1);
    if (feedback !== undefined) {
      const row = this.#feedback.row(segment);
      if (!feedback.agree) add(row, 1);
    }
    this.#review(this.#reviews, segment, label, human);
  }

  #review(sums: FleetSums, segment: string, label: string | undefined, human: string | undefined): void {
    const [own, theirs] = [this.#place(label), this.#place(human)];
    if (own !== undefined && theirs !== undefined) add(sums.row(segment), 1 + own * MAX_LABELS + theirs);
    else if (this.#target !== undefined && segment === WHOLE) this.#unlabelled++;
  }

  #place(label: string | undefined): number | undefined {
    if (label === undefined) return undefined;
    const known = this.#labels.get(label);
    if (known !== undefined || this.#labels.size >= MAX_LABELS) return known;
    this.#labels.set(label, this.#labels.size);
    return this.#labels.size - 1;
  }

  #rate(measure: string, segment: string, [n = 0, events = 0]: Float64Array, limit: number | null): MonitorReading {
    // Overrides of decisions that have left the window may come when few are in it.
    const part = Math.min(events, n);
    const bounds = n === 0 ? null : wilsonInterval(part, n, 0.05);
    return limitReading({
      measure,
      segment,
      n,
      value: n === 0 ? null : part / n,
      interval: bounds === null ? null : [bounds.lower, bounds.upper],
      limit,
      better: 'lower',
      minCases: this.#minCases,
      proven: limit !== null && n > 0 && wilsonInterval(part, n, BREACH_ALPHA).lower > limit,
    });
  }

  #kappa(measure: string, sums: FleetSums, segment: string): MonitorReading {
    const [n = 0, ...cells] = sums.totals(segment);
    const labels = [...this.#labels.values()];
    const agreement = cohensKappa(labels.map((row) => labels.map((column) => cells[row * MAX_LABELS + column] ?? 0)));
    const interval = agreement?.interval ?? null;
    return limitReading({
      measure,
      segment,
      n,
      value: agreement?.kappa ?? null,
      interval: interval === null ? null : [interval.lower, interval.upper],
      limit: null,
      better: 'higher',
      minCases: this.#minCases,
      proven: false,
      note:
        segment === WHOLE && this.#unlabelled > 0
          ? ` ${this.#unlabelled} reviews without a label, or with too rare a one, are not in it.`
          : '',
    });
  }

  get #minCases(): number {
    const { window = 1000, minCases = Math.min(50, window) } = this.#options;
    return minCases;
  }
}

const [NEGATIVE, POSITIVE] = ['negative', 'positive'] as const;

function add(row: Float64Array, index: number): void {
  row[index] = (row[index] ?? 0) + 1;
}
