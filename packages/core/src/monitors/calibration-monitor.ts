import { count, type Kinds, type Relation, whole, shareOr0 } from '../errors/index.ts';
import type { CounterPart, MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import { calibrationError, type ReliabilityTable } from '../statistics/metrics/calibration.ts';
import { simulatedCalibration } from '../statistics/metrics/calibration-noise.ts';
import { Z_975 } from '../statistics/normal.ts';
import { wilsonInterval } from '../statistics/proportion-interval.ts';
import { FleetSums, WHOLE } from './fleet-sums.ts';
import { figure, limitReading } from './limit-reading.ts';
import type { MetricEstimate } from './metric-plan.ts';
import type { Monitor, MonitorOptions, BuiltInContext, TargetView } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import type { MonitorFailures } from './monitor-failures.ts';
import { casesOf, truthReader } from './option-kinds.ts';
import { resultOf } from './steps.ts';
import { targetProblems, type TruthReader, truthOf } from './target-value.ts';

export interface CalibrationOptions<T> extends MonitorOptions {
  /** The number of bins of equal width, 2 to 50. @defaultValue 10 */
  readonly bins?: number;
  /** Labelled cases that are judged, in each process; at least 100. @defaultValue 2000 */
  readonly window?: number;
  /** Cases needed before anything is judged. @defaultValue 200, or the window if that is less */
  readonly minCases?: number;
  /** Reads from a truth the value that the target is compared with: 0, 1 or a boolean. @defaultValue the target's field of it */
  readonly truthOf?: TruthReader<T>;
  /** Share of calls in which a paused model is asked too, 0–1, so that it can recover. @defaultValue 0.05 */
  readonly pausedSampleRate?: number;
}

const CONFIRMATIONS = 3;
/** Looks in a window: three in a row see half a window of new cases between them. */
const LOOKS = 4;
/** At a look 5 % of perfectly calibrated models are warned of; 1 % would be in breach, if one look were enough. */
const WARN_ALPHA = 0.05;
const BREACH_ALPHA = 0.01;

/**
 * Whether probabilities mean what they say: the expected calibration error against what a perfectly calibrated model would show on
 * the same predictions by chance (0.1 at 100 cases), and the reliability table, one reading a bin.
 */
export function calibration<T>(options: CalibrationOptions<T> = {}): Monitor<{ readonly truth: T }> {
  const defaults = { confirmations: CONFIRMATIONS };
  const { base, settings } = monitorBase<CalibrationOptions<T>>('calibration', options, defaults, KINDS, relations);
  return {
    ...base,
    check: (context) => targetProblems('calibration()', context, ['probability']),
    start: (context) => new CalibrationRun(settings, context),
  };
}

const KINDS: Kinds<Omit<CalibrationOptions<never>, keyof MonitorOptions>> = {
  bins: whole(2, 50),
  window: casesOf(100),
  minCases: count,
  truthOf: truthReader,
  pausedSampleRate: shareOr0,
};

const relations = ({ window = 2000, minCases = 1 }: CalibrationOptions<never>): readonly Relation[] => [
  [minCases <= window, 'minCases', `at most the window, ${window}`],
];

/** Count, sum and sum of squares of the scores that the Brier score is the mean of: in 0..1, they lose no digits that are shown. */
const BRIER_SUMS = 3;
/** With its 95 % interval; null without a case. */
function brierOf([n = 0, sum = 0, squares = 0]: Float64Array): MetricEstimate | null {
  if (n === 0) return null;
  const value = sum / n;
  const half = Z_975 * Math.sqrt(Math.max(0, squares / n - value * value) / Math.max(1, n - 1));
  return { value, lower: Math.max(value - half, 0), upper: Math.min(value + half, 1) };
}

class CalibrationRun<T> implements MonitorRun {
  readonly keep = 'prediction';
  readonly #options: CalibrationOptions<T>;
  readonly #target: TargetView | undefined;
  readonly #random: () => number;
  readonly #failures: MonitorFailures;
  readonly #bins: number;
  readonly #sums: FleetSums;
  #lookAt = 0;
  #look: readonly MonitorReading[] = [];
  #invalid = 0;

  constructor(options: CalibrationOptions<T>, { target, random, failures }: BuiltInContext) {
    const { bins = 10, window = 2000 } = options;
    this.#options = options;
    this.#target = target;
    this.#random = random;
    this.#failures = failures;
    this.#bins = bins;
    this.#sums = new FleetSums(BRIER_SUMS + 3 * bins, window);
  }

  outcome({ truth }: OutcomeFact, kept: unknown): void {
    if (this.#target === undefined || typeof kept !== 'number' || truth === undefined) return;
    const known = truthOf(truth, this.#target, this.#options.truthOf as TruthReader<unknown> | undefined, this.#failures);
    if (known === undefined) {
      this.#invalid++;
      return;
    }
    const row = this.#sums.row(WHOLE);
    const score = (kept - Number(known)) ** 2;
    row[1] = (row[1] ?? 0) + score;
    row[2] = (row[2] ?? 0) + score * score;
    const bin = BRIER_SUMS + Math.min(Math.floor(kept * this.#bins), this.#bins - 1);
    row[bin] = (row[bin] ?? 0) + 1;
    row[bin + this.#bins] = (row[bin + this.#bins] ?? 0) + kept;
    row[bin + 2 * this.#bins] = (row[bin + 2 * this.#bins] ?? 0) + Number(known);
  }

  /** The readings of the last look: a look at every case would find an alarm by chance, sooner or later. */
  read(): readonly MonitorReading[] {
    return resultOf(this.steps());
  }

  *steps(): Generator<undefined, readonly MonitorReading[]> {
    const { window = 2000, minCases = Math.min(200, window) } = this.#options;
    const seen = this.#sums.cases;
    if (seen >= this.#lookAt || this.#look.length === 0) {
      this.#look = yield* this.#readings(minCases);
      this.#lookAt = seen < minCases ? minCases : Math.max(seen, minCases) + Math.ceil(window / LOOKS);
    }
    return this.#look;
  }

  counters(): Record<string, number> {
    return this.#sums.counters();
  }

  merge(others: readonly Omit<CounterPart, 'sequence'>[]): void {
    this.#sums.merge(others);
  }

  *#readings(minCases: number): Generator<undefined, readonly MonitorReading[]> {
    const sums = this.#sums.totals(WHOLE);
    const [n = 0] = sums;
    const part = (index: number): number[] => [
      ...sums.subarray(BRIER_SUMS + index * this.#bins, BRIER_SUMS + (index + 1) * this.#bins),
    ];
    const table: ReliabilityTable = { counts: part(0), probabilities: part(1), positives: part(2) };
    const ece = n < minCases ? null : (calibrationError(table)?.ece ?? null);
    const floor = ece === null ? null : yield* simulatedCalibration(table, this.#random);
    const [noise, breach] = [WARN_ALPHA, BREACH_ALPHA].map((alpha) => floor?.(alpha).ece ?? null) as [
      number | null,
      number | null,
    ];
    const brier = brierOf(sums);
    const invalid = this.#invalid === 0 ? '' : ` ${this.#invalid} labels were invalid.`;
    return [
      limitReading({
        measure: `ece:${this.#bins}-bins`,
        n,
        value: ece,
        interval: null,
        limit: noise,
        better: 'lower',
        minCases,
        proven: ece !== null && breach !== null && ece > breach,
        note: `${noise === null ? '' : ' A perfectly calibrated model exceeds that ceiling by chance in 5 % of samples.'}${invalid}`,
      }),
      limitReading({
        measure: 'brier',
        n,
        value: brier?.value ?? null,
        interval: brier === null ? null : [brier.lower, brier.upper],
        limit: null,
        better: 'lower',
        minCases,
        proven: false,
      }),
      ...table.counts.map((count, bin) => this.#binReading(bin, count, table, ece !== null)),
    ];
  }

  /** A row of the reliability table: what was observed, with what was predicted as its limit. Shown, not judged. */
  #binReading(bin: number, n: number, { probabilities, positives }: ReliabilityTable, enough: boolean): MonitorReading {
    const measure = 'reliability';
    const segment = `${figure(bin / this.#bins)}-${figure((bin + 1) / this.#bins)}`;
    if (n === 0) {
      return {
        measure,
        segment,
        n,
        value: null,
        interval: null,
        limit: null,
        status: 'insufficient',
        reason: `No case in ${segment}.`,
      };
    }
    const observed = positives[bin] ?? 0;
    const { lower, upper } = wilsonInterval(observed, n, 0.05);
    const predicted = (probabilities[bin] ?? 0) / n;
    return {
      measure,
      segment,
      n,
      value: observed / n,
      interval: [lower, upper],
      limit: predicted,
      status: enough ? 'ok' : 'insufficient',
      reason: `Predicted ${figure(predicted)}, observed ${figure(observed / n)} (95 %: ${figure(lower)} to ${figure(upper)}) on ${n} cases.`,
    };
  }
}
