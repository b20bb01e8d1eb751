import { count, type Kinds, oneOf, probability, type Relation, required } from '../errors/index.ts';
import type { CounterPart, DecisionFact, MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import { binaryMetrics } from '../statistics/metrics/binary-metrics.ts';
import { type EstimationSums, estimatePerformance } from '../statistics/metrics/confidence-based-estimation.ts';
import { FleetSums, WHOLE } from './fleet-sums.ts';
import { figure, limitReading } from './limit-reading.ts';
import type { Monitor, MonitorOptions, BuiltInContext, TargetView } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import type { MonitorFailures } from './monitor-failures.ts';
import { casesOf, truthReader } from './option-kinds.ts';
import { aucOfRanks } from './rank-auc.ts';
import { type RankBin, RankWindow } from './rank-window.ts';
import { targetProblems, type TargetValue, type TruthReader, truthOf } from './target-value.ts';
import { WindowSums } from './window-sums.ts';

export interface EstimatedPerformanceOptions<T> extends MonitorOptions {
  readonly metric: 'accuracy' | 'precision' | 'recall' | 'f1' | 'auc';
  /** The floor: an estimate below it is a breach. Strictly between 0 and 1. */
  readonly breachBelow: number;
  /** Cases in the window of the estimate, in each process; at least 20. @defaultValue 1000 */
  readonly window?: number;
  /** Cases needed before anything is judged. @defaultValue 200, or the window if that is less */
  readonly minCases?: number;
  /** Reads from a truth the value that the target is compared with: 0, 1 or a boolean. @defaultValue the target's field of it */
  readonly truthOf?: TruthReader<T>;
}

const CONFIRMATIONS = 3;
/** The estimate is called wrong where the labels put the metric outside the 99.7 % bounds. */
const WRONG_ALPHA = 0.0027;
const ASSUMPTION =
  ' Assumes that the probabilities are calibrated and that there is no concept drift: it sees other inputs, never another meaning of the labels.';

/**
 * Performance before any label arrives, from the model's own probabilities (NannyML's CBPE). A leading indicator: it assumes that
 * they are calibrated, and that there is no concept drift. A second reading compares it with the labels of the same cases
 * when they come, and warns where they contradict it.
 */
export function estimatedPerformance<T>(options: EstimatedPerformanceOptions<T>): Monitor<{ readonly truth: T }> {
  const defaults = { confirmations: CONFIRMATIONS };
  const { base, settings } = monitorBase<EstimatedPerformanceOptions<T>>(
    'estimatedPerformance',
    options,
    defaults,
    KINDS,
    relations,
  );
  return {
    ...base,
    check: (context) => targetProblems('estimatedPerformance()', context, ['probability']),
    start: (context) => new EstimatedPerformanceRun(settings, context),
  };
}

const KINDS: Kinds<Omit<EstimatedPerformanceOptions<never>, keyof MonitorOptions>> = {
  metric: required(oneOf('accuracy', 'precision', 'recall', 'f1', 'auc')),
  breachBelow: required(probability),
  window: casesOf(20),
  minCases: count,
  truthOf: truthReader,
};

const relations = ({ window = 1000, minCases = 1 }: EstimatedPerformanceOptions<never>): readonly Relation[] => [
  [minCases <= window, 'minCases', `at most the window, ${window}`],
];

/** Places in a row: count, predicted positives, and for either prediction the sums of p and of p(1 − p). */
const [SAID_YES, YES, YES_NOISE, NO, NO_NOISE] = [1, 2, 3, 4, 5] as const;
/** And of labelled cases: the four cells. */
const CELLS = 6;
/** Under which ranks are told to the other processes. */
const RANKS = 'ranks';

class EstimatedPerformanceRun<T> implements MonitorRun {
  readonly #options: EstimatedPerformanceOptions<T>;
  readonly #target: TargetView | undefined;
  readonly #failures: MonitorFailures;
  readonly #all: FleetSums;
  readonly #labelled: WindowSums;
  /** For the area under the curve: of all cases, of labelled ones, and of these by their labels. */
  readonly #ranks: { readonly all: RankWindow; readonly labelled: RankWindow; readonly realised: RankWindow } | undefined;
  #invalid = 0;

  constructor(options: EstimatedPerformanceOptions<T>, { target, failures }: BuiltInContext) {
    const { window = 1000 } = options;
    this.#options = options;
    this.#target = target;
    this.#failures = failures;
    this.#all = new FleetSums(CELLS, window);
    this.#labelled = new WindowSums(CELLS + 4, { cases: window });
    const ranks = (): RankWindow => new RankWindow(window);
    this.#ranks = options.metric === 'auc' ? { all: ranks(), labelled: ranks(), realised: ranks() } : undefined;
  }

  /** Counts here, as it is asked of the sampled answers of a paused model too: else no estimate would recover. */
  keep(_: DecisionFact, probability: TargetValue | undefined): number | undefined {
    if (typeof probability !== 'number') return undefined;
    this.#estimate(this.#all.row(WHOLE), probability);
    this.#ranks?.all.add(probability, probability);
    return probability;
  }

  outcome({ truth }: OutcomeFact, kept: unknown): void {
    if (this.#target === undefined || typeof kept !== 'number' || truth === undefined) return;
    const known = truthOf(truth, this.#target, this.#options.truthOf as TruthReader<unknown> | undefined, this.#failures);
    if (known === undefined) {
      this.#invalid++;
      return;
    }
    const row = this.#labelled.row(0);
    this.#estimate(row, kept);
    this.#ranks?.labelled.add(kept, kept);
    this.#ranks?.realised.add(kept, Number(known));
    const said = kept >= this.#target.positiveAt;
    add(row, CELLS + (known === 1 ? 0 : 1) + (said ? 0 : 2), 1);
  }

  read(): readonly MonitorReading[] {
    const { metric, breachBelow: floor, window = 1000, minCases = Math.min(200, window) } = this.#options;
    const all = this.#all.totals(WHOLE);
    const estimate = estimatePerformance(sumsOf(all, this.#ranks?.all.bins()))[metric];
    return [
      limitReading({
        measure: `${metric}:estimated`,
        n: all[0] ?? 0,
        value: estimate?.value ?? null,
        interval: estimate === null ? null : [estimate.lower, estimate.upper],
        limit: floor,
        better: 'higher',
        minCases,
        proven: estimate !== null && estimate.upper < floor,
        note: ASSUMPTION,
      }),
      this.#reconciled(this.#labelled.totals(0), minCases),
    ];
  }

  cases(): number {
    return this.#all.cases;
  }

  counters(): Record<string, number> {
    return { ...this.#all.counters(), ...this.#ranks?.all.counters(RANKS) };
  }

  merge(others: readonly Omit<CounterPart, 'sequence'>[]): void {
    this.#all.merge(others);
    this.#ranks?.all.merge(others, RANKS);
  }

  #estimate(row: Float64Array, probability: number): void {
    const noise = probability * (1 - probability);
    const said = probability >= (this.#target?.positiveAt ?? 1);
    if (said) add(row, SAID_YES, 1);
    add(row, said ? YES : NO, probability);
    add(row, said ? YES_NOISE : NO_NOISE, noise);
  }

  /** What was estimated less what the labels of the same cases say. */
  #reconciled(sums: Float64Array, minCases: number): MonitorReading {
    const { metric } = this.#options;
    const [n = 0] = sums;
    const real = realised(metric, sums, this.#ranks?.realised.bins());
    const all = sumsOf(sums, this.#ranks?.labelled.bins());
    const estimate = estimatePerformance(all)[metric];
    const far = estimatePerformance(all, WRONG_ALPHA)[metric];
    const measure = `${metric}:estimated-minus-realised`;
    const invalid = this.#invalid === 0 ? '' : ` ${this.#invalid} labels were invalid.`;
    if (n < minCases || real === null || estimate === null || far === null) {
      const reason = `${n} labelled cases: ${minCases} are needed, of both classes.${invalid}`;
      return { measure, n, value: null, interval: null, limit: null, status: 'insufficient', reason };
    }
    const wrong = real < far.lower || real > far.upper;
    const verdict = wrong
      ? 'that is no chance: the probabilities are not calibrated, or the meaning of the labels has changed'
      : 'the labels bear the estimate out';
    return {
      measure,
      n,
      value: estimate.value - real,
      interval: [estimate.lower - real, estimate.upper - real],
      limit: null,
      status: wrong ? 'warn' : 'ok',
      reason: `Estimated ${figure(estimate.value)}, realised ${figure(real)} on the same ${n} cases: ${verdict}.${invalid}`,
    };
  }
}

function add(row: Float64Array, index: number, amount: number): void {
  row[index] = (row[index] ?? 0) + amount;
}

function sumsOf(sums: Float64Array, ranks: readonly RankBin[] = []): EstimationSums {
  const [count = 0, saidYes = 0, yes = 0, yesNoise = 0, no = 0, noNoise = 0] = sums;
  return {
    predictedPositive: { count: saidYes, positives: yes, variance: yesNoise },
    predictedNegative: { count: count - saidYes, positives: no, variance: noNoise },
    bins: {
      counts: ranks.map((bin) => bin.count),
      positives: ranks.map(({ positives }) => positives),
      variances: ranks.map(({ variance }) => variance),
    },
  };
}

function realised(
  metric: EstimatedPerformanceOptions<unknown>['metric'],
  sums: Float64Array,
  ranks: readonly RankBin[] = [],
): number | null {
  const [truePositives = 0, falsePositives = 0, falseNegatives = 0, trueNegatives = 0] = sums.subarray(CELLS);
  if (metric !== 'auc') return binaryMetrics({ truePositives, falsePositives, falseNegatives, trueNegatives })[metric];
  return aucOfRanks(ranks, 0.05)?.value ?? null;
}
