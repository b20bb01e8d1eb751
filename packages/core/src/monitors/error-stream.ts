import { callback, type Kinds, oneOf, probability, whole, shareOr0 } from '../errors/index.ts';
import type { DecisionFact, MonitorReading, MonitorRun, OutcomeFact } from '../types/index.ts';
import { Adwin } from '../statistics/change/adwin.ts';
import type { Change } from '../statistics/change/change.ts';
import { HddmA } from '../statistics/change/hddm-a.ts';
import { Z_975 } from '../statistics/normal.ts';
import { limitReading } from './limit-reading.ts';
import type { Monitor, MonitorOptions, BuiltInContext } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import { addMoment, mergeMoments, MOMENTS_WIDTH } from './moment-rows.ts';
import { period, range, truthReader } from './option-kinds.ts';
import { type Period, PERIODS } from './period.ts';
import { PhaseMeans } from './phase-means.ts';
import { targetProblems, type TargetValue, type TruthReader, truthOf } from './target-value.ts';
import { WindowSums } from './window-sums.ts';

export interface ErrorStreamOptions<O, T> extends MonitorOptions {
  /**
   * `adwin` compares the two sides of every cut of a window that grows, `hddm-a` all errors with those of the best time. Both find a drop
   * of the error rate too, but a drop is no breach.
   * @defaultValue 'adwin'
   */
  readonly detector?: 'adwin' | 'hddm-a';
  /** Error probability of a comparison. @defaultValue 0.002 for `adwin` (A. Bifet and R. Gavaldà, 2007), 0.001 for `hddm-a` (I. Frías-Blanco and others, 2015) */
  readonly delta?: number;
  /**
   * Returns the error of an answer, 0–1, if it is known without a truth. The target is then not needed. `undefined` means none for this
   * answer.
   * @defaultValue the errors of truths: 1 for a wrong label
   */
  readonly measure?: (output: O, decision: DecisionFact) => number | undefined;
  /** For a target that is a number: the range of its values. An error is |prediction − truth| as a share of it. */
  readonly range?: readonly [min: number, max: number];
  /** Errors needed before anything is judged. @defaultValue 50 */
  readonly minCases?: number;
  /**
   * For traffic with a rhythm. An error is then compared with those at the same time of the day or week before. Nothing is judged before a
   * whole one was seen.
   * @defaultValue none
   */
  readonly period?: Period;
  /** Reads from a truth the value that the target is compared with. @defaultValue the target's field of it */
  readonly truthOf?: TruthReader<T>;
  /** Share of calls in which a paused model is asked too, 0–1, so that it can recover. @defaultValue 0.05 */
  readonly pausedSampleRate?: number;
}

/** Errors that the shown rate is of: so many after a rise it is asked whether the rate is back, and again after as many more. */
const RECENT = 200;

/**
 * Watches the errors of the model for a rise, case by case: it needs no floor, and finds a rise from 10 to 25 % within about 170
 * cases. It knows no limit, so that a slow decay may pass it: put a `liveMetric()` beside it. Each process watches its own errors.
 */
export function errorStream<O, T>(options: ErrorStreamOptions<O, T> = {}): Monitor<{ readonly output: O; readonly truth: T }> {
  const { base, settings } = monitorBase<ErrorStreamOptions<O, T>>('errorStream', options, { confirmations: 1 }, KINDS);
  return {
    ...base,
    check: (context) => {
      if (settings.measure !== undefined) return [];
      const problems = targetProblems('errorStream() without a measure', context, ['probability', 'label', 'number']);
      if (context.target?.kind !== 'number' || settings.range !== undefined) return problems;
      return [...problems, { path: 'range', message: 'expected [lowest, highest] of the target, which is a number' }];
    },
    start: (context) => new ErrorStreamRun(settings, context),
  };
}

const KINDS: Kinds<Omit<ErrorStreamOptions<never, never>, keyof MonitorOptions>> = {
  detector: oneOf('adwin', 'hddm-a'),
  delta: probability,
  measure: callback,
  range,
  minCases: whole(1, RECENT),
  period,
  truthOf: truthReader,
  pausedSampleRate: shareOr0,
};

interface Detector {
  add(value: number): Change;
}

class ErrorStreamRun<O, T> implements MonitorRun {
  readonly observe?: (decision: DecisionFact) => void;
  readonly keep?: 'prediction';
  readonly #options: ErrorStreamOptions<O, T>;
  readonly #context: BuiltInContext;
  readonly #detector: Detector;
  readonly #measureName: string;
  readonly #recent = new WindowSums(MOMENTS_WIDTH, { cases: RECENT }, mergeMoments);
  #invalid = 0;
  /** The rate before the rise that is in breach, and the rate after it. */
  #rise: { readonly before: number; readonly after: number } | undefined;
  #sinceRise = 0;
  readonly #phases: PhaseMeans | undefined;
  #isSeen = true;

  constructor(options: ErrorStreamOptions<O, T>, context: BuiltInContext) {
    const { detector = 'adwin', delta, measure } = options;
    this.#options = options;
    this.#context = context;
    if (detector === 'adwin') this.#detector = new Adwin(delta === undefined ? {} : { delta });
    else this.#detector = new HddmA(delta === undefined ? {} : { alpha: delta });
    this.#measureName = `error-rate:${detector}`;
    if (options.period !== undefined) this.#phases = new PhaseMeans(PERIODS[options.period]);
    this.#isSeen = this.#phases === undefined;
    const { target } = context;
    if (measure !== undefined) this.observe = (decision) => this.#measured(measure, decision);
    else if (target !== undefined) this.keep = 'prediction';
  }

  outcome(outcome: OutcomeFact, kept: unknown): void {
    const { target } = this.#context;
    if (this.#options.measure !== undefined || target === undefined || kept === undefined || outcome.truth === undefined) return;
    const truth = truthOf(
      outcome.truth,
      target,
      this.#options.truthOf as TruthReader<unknown> | undefined,
      this.#context.failures,
    );
    if (truth === undefined) {
      this.#invalid++;
      return;
    }
    const prediction = kept as TargetValue;
    const { decidedAt } = outcome;
    if (target.kind === 'label') this.#add(Number(prediction !== truth), decidedAt);
    else if (target.kind === 'probability')
      this.#add(Number(Number(prediction) >= target.positiveAt !== (truth === 1)), decidedAt);
    else {
      const [lowest, highest] = this.#options.range ?? [0, 1];
      this.#add(Math.min(Math.abs(Number(prediction) - Number(truth)) / (highest - lowest), 1), decidedAt);
    }
  }

  read(): readonly MonitorReading[] {
    const [n = 0, average = 0, squares = 0] = this.#recent.totals(0);
    const mean = n === 0 ? null : average;
    const rise = this.#rise;
    const invalid = this.#invalid === 0 ? '' : ` ${this.#invalid} labels or errors were invalid.`;
    const told = rise === undefined ? '' : ` It rose from ${percent(rise.before)} to ${percent(rise.after)}.`;
    const half = n < 2 ? 1 : Z_975 * Math.sqrt(squares / n / (n - 1));
    const reading = limitReading({
      measure: this.#measureName,
      n,
      value: mean,
      interval: mean === null ? null : [Math.max(0, mean - half), Math.min(1, mean + half)],
      limit: rise === undefined ? null : middle(rise),
      better: 'lower',
      minCases: this.#options.minCases ?? 50,
      proven: rise !== undefined,
      note: `${told}${invalid}`,
    });
    if (this.#isSeen) return [reading];
    const reason = `No verdict before a whole ${this.#options.period ?? ''} was seen.${invalid}`;
    return [{ ...reading, status: 'insufficient', reason }];
  }

  /** Rates again, of means of what is more than usual. */
  #shown(after: number, before: number): readonly [after: number, before: number] {
    const mean = this.#recent.totals(0)[1] ?? 0;
    return [mean, Math.max(0, mean - 2 * (after - before))];
  }

  #measured(measure: (output: O, decision: DecisionFact) => number | undefined, decision: DecisionFact): void {
    if (decision.tier !== 'model' && decision.tier !== 'cache') return;
    let error: number | undefined;
    try {
      error = this.#context.failures.settled('measure', measure(decision.output as O, decision));
    } catch (thrown) {
      this.#context.failures.failed('measure', thrown);
      error = NaN;
    }
    if (error === undefined) return;
    if (error >= 0 && error <= 1) this.#add(error, decision.at);
    else this.#invalid++;
  }

  #add(error: number, at: number): void {
    addMoment(this.#recent.row(0), error);
    const usual = this.#phases?.add(error, at);
    if (this.#phases !== undefined && usual === undefined) return;
    this.#isSeen = true;
    // How much more than usual, in 0..1.
    const watched = usual === undefined ? error : (1 + error - usual) / 2;
    const { changed, direction, mean: after, previousMean: before } = this.#detector.add(watched);
    const [mean, previousMean] = usual === undefined ? [after, before] : this.#shown(after, before ?? after);
    if (changed && direction === 'up') {
      // A second rise is measured against what was there before the first.
      this.#rise = { before: this.#rise?.before ?? previousMean ?? 0, after: mean };
      this.#sinceRise = 0;
    }
    if (this.#rise === undefined || ++this.#sinceRise % RECENT > 0) return;
    const recent = this.#recent.totals(0)[1] ?? 0;
    if (recent < middle(this.#rise)) this.#rise = undefined;
  }
}

const middle = ({ before, after }: { readonly before: number; readonly after: number }): number => (before + after) / 2;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
