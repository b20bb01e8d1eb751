import type { Verdict } from '../contract/validate.ts';
import { sentence, UnderstudyError } from '../errors/index.ts';
import type { AttemptRecord, ModelCallRecord } from '../events/event.ts';
import { closedError, type Ended, withinLimits } from '../policies/limits.ts';
import type { EndedAttempt, FailureClass, RunningAttempt } from '../policies/operation.ts';
import type { ReusingCall, ServingAttempt } from '../policies/reuse.ts';
import type { ControlSnapshot } from '../control/control-snapshot.ts';
import type { UnitEntry } from '../rollout/unit-entry.ts';
import type { ShadowTicket } from '../routing/shadow-job.ts';
import type { CallReport, CallUsage, Failure, TierAnswer, TraceContext } from '../types/index.ts';
import { withUsage } from '../usage/index.ts';
import { atOnce, isPromise, rejectLater, reserveMs, type TimerQueue } from '../time/index.ts';
import { type FailedAttempt, failedAttempt } from './failed-attempt.ts';
import { modelCall } from './model-call.ts';
import { askVariant, type Plan, type Step } from './plan.ts';
import type { PredictOptions } from './model-api.ts';

/** What a prediction needs of its model. */
export interface PredictionDependencies {
  readonly name: string;
  readonly now: () => number;
  /** Waits of fixed tiers whose contract is asynchronous. */
  readonly timers: TimerQueue;
  /** The checked output, or a promise of it; throws `OUTPUT_INVALID`. */
  accept(output: unknown, from: string, call: Prediction): unknown;
  /** What the output contract says. */
  check(output: unknown): Verdict | Promise<Verdict>;
  /** The error for an output that broke its contract. */
  outputError(verdict: Verdict, from: string): UnderstudyError;
  /** A step did not serve. */
  attemptFailed(prediction: Prediction, failure: FailedAttempt): void;
  /** The first part of an id, of the monotonic moment `at`. */
  stem(at: number): string;
  /** The decision that the current step served. */
  served(prediction: Prediction, step: Step, output: unknown, now: number): unknown;
  /** Nothing served: the error to reject with. @param broken with which a stream broke that had begun to serve */
  failed(prediction: Prediction, now: number, broken?: unknown): unknown;
  /** @param error the caller's reason, or `CLOSED` */
  cancelled(prediction: Prediction, error: unknown, now: number): void;
}

/** What a rules tier said of its answer. */
export interface RulesTrace {
  readonly rows: readonly string[];
  readonly because: string | undefined;
}

const FIRST: Failure = {
  code: 'NOTHING_SERVED',
  message: 'nothing was tried',
  class: 'rejected',
  kind: 'unknown',
  from: '',
  cause: undefined,
};

/** One call of `predict`: walks the steps of its plan until one serves. The executors call back into it. */
export class Prediction implements ReusingCall {
  // `declare` and the constructor rather than fields: those would define each one twice (as in policies/attempt.ts).
  /** After its contract; set before the first step. */
  declare input: unknown;
  /** Whether the contract made it: else the caller may still change it. */
  declare owned: boolean;
  /** Why the contract could say nothing of the input: then only tiers that do not read it may serve. */
  declare inputFault: UnderstudyError | undefined;
  /** Why no model may be asked, or none any more: a guard has said so. */
  declare blocked: UnderstudyError | undefined;
  /** Lets go of what the call holds besides: a joined signal. */
  declare release: (() => void) | undefined;
  declare readonly unit: string;
  declare readonly options: PredictOptions | undefined;
  /** The trace that it belongs to; set before the first step. */
  declare trace: TraceContext | undefined;
  /** Set again by what the option `assign` says, before the first step. */
  declare plan: Plan;
  declare readonly control: ControlSnapshot;
  declare readonly startedAt: number;
  declare readonly deadline: number;
  declare readonly caller: AbortSignal | undefined;
  /** Attempts that did not serve; made when there is one. */
  declare failures: FailedAttempt[] | undefined;
  declare rules: RulesTrace | undefined;
  declare shadow: ShadowTicket | undefined;
  /** The entry of its unit into the evidence of a rollout, where it is the first call that counts. */
  declare entry: UnitEntry | undefined;
  /** When the attempt that served began, which it was, and when the call ended; undefined while it runs. */
  declare private servedFrom: number | undefined;
  declare private servedAttempt: number;
  declare private servedSlow: boolean;
  declare endedAt: number | undefined;
  /** From the start of the call to the first content of its stream, in milliseconds; `undefined` for a call that streams nothing. */
  declare firstContentMs: number | undefined;
  /** What its attempts have reported; `undefined`: nothing. */
  declare usage: CallUsage | undefined;
  /** Requests to generative models that its attempts have reported; made when there is one. */
  declare modelCalls: ModelCallRecord[] | undefined;
  declare protected readonly deps: PredictionDependencies;
  declare private index: number;
  declare private ownStem: string | undefined;

  constructor(
    deps: PredictionDependencies,
    input: unknown,
    unit: string,
    options: PredictOptions | undefined,
    plan: Plan,
    control: ControlSnapshot,
    startedAt: number,
    deadline: number,
    caller: AbortSignal | undefined,
  ) {
    this.deps = deps;
    this.input = input;
    this.owned = false;
    this.inputFault = undefined;
    this.blocked = undefined;
    this.release = undefined;
    this.unit = unit;
    this.options = options;
    this.trace = undefined;
    this.plan = plan;
    this.control = control;
    this.startedAt = startedAt;
    this.deadline = deadline;
    this.caller = caller;
    this.index = 0;
    this.ownStem = undefined;
    this.failures = undefined;
    this.rules = undefined;
    this.shadow = undefined;
    this.entry = undefined;
    this.servedFrom = undefined;
    this.servedAttempt = 1;
    this.endedAt = undefined;
    this.servedSlow = false;
    this.usage = undefined;
    this.modelCalls = undefined;
    this.firstContentMs = undefined;
  }

  get model(): string {
    return this.deps.name;
  }

  get priority(): number {
    return this.options?.priority ?? 0;
  }

  get tenant(): string | undefined {
    return this.options?.tenant;
  }

  get delivered(): readonly unknown[] | undefined {
    return undefined;
  }

  get isExtra(): boolean {
    return false;
  }

  get isStream(): boolean {
    return false;
  }

  get isFirst(): boolean {
    return this.index === 0;
  }

  get hasFallback(): boolean {
    return this.step?.isLast === false;
  }

  get repeatable(): boolean {
    return this.step?.variant?.effects !== 'once';
  }

  get hasAlternative(): boolean {
    return this.step?.hasAlternative ?? false;
  }

  /** Nested calls know this one by its stem. */
  get parentId(): string {
    return this.stem;
  }

  /** The first part of the decision's id, made when it is first needed. */
  get stem(): string {
    this.ownStem ??= this.deps.stem(this.startedAt);
    return this.ownStem;
  }

  /** The first part of the id, if something has asked for it already. */
  get drawnStem(): string | undefined {
    return this.ownStem;
  }

  protected get step(): Step | undefined {
    return this.plan.steps[this.index];
  }

  /** Tries the steps from the current one on: a decision, or a promise of one. */
  proceed(now: number): unknown {
    for (let step = this.step; step !== undefined; step = this.plan.steps[++this.index]) {
      if (this.passesOver(step)) continue;
      if (this.inputFault !== undefined && step.tier !== 'always') {
        this.#fail(step, this.inputFault);
        continue;
      }
      if (step.variant === undefined) {
        const answer = this.#answer(step, now);
        if (answer !== ABSTAINED) return answer;
        now = this.deps.now();
        continue;
      }
      const refused = this.blocked ?? this.#refusedByControl(step);
      if (refused === undefined) {
        const until = this.deadline - (step.isLast ? 0 : reserveMs(this.deadline - this.startedAt));
        const { executor, reuse } = step.variant;
        return reuse === undefined ? executor.run(this, this.input, this.caller, now, until) : reuse.run(this, now, until);
      }
      this.#fail(step, refused);
    }
    return rejectLater(this.deps.failed(this, now));
  }

  idempotencyKey(): string {
    return this.stem;
  }

  invoke(input: unknown, attempt: RunningAttempt): unknown {
    const variant = this.step?.variant;
    return variant === undefined ? undefined : askVariant(variant, input, attempt);
  }

  accept(output: unknown): unknown {
    return this.deps.accept(output, this.step?.name ?? '', this);
  }

  complete(output: unknown, attempt: ServingAttempt, now: number, resultClass: 'ok' | 'slow'): unknown {
    const step = this.step as Step;
    this.mark(attempt, resultClass);
    this.endedAt = now;
    step.variant?.reuse?.keep(this, output, attempt, now);
    return this.deps.served(this, step, output, now);
  }

  /** The variant's cache has the answer. */
  reused(output: unknown, now: number): unknown {
    this.servedFrom = now;
    const answer = this.answered(this.step?.cached as Step, output, now);
    if (answer !== ABSTAINED) return answer;
    this.index++;
    return this.proceed(this.deps.now());
  }

  /** The attempt that serves. */
  protected mark(attempt: ServingAttempt, resultClass: 'ok' | 'slow'): void {
    this.servedFrom = attempt.startedAt;
    this.servedAttempt = attempt.attempt;
    this.servedSlow = resultClass === 'slow';
  }

  /** The step after the one that is tried. */
  protected get nextStep(): number {
    return this.index + 1;
  }

  protected goTo(step: number): void {
    this.index = step;
  }

  retrying(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): void {
    this.record(error, resultClass, number, startedAt, now);
  }

  used(report: CallReport, costMicroUsd: number | undefined, attempt: EndedAttempt): void {
    if (report.usage !== undefined) this.usage = withUsage(this.usage, report.usage, report, costMicroUsd);
    const { request } = report;
    if (request === undefined) return;
    const made = modelCall(this.step?.name ?? '', request, report, costMicroUsd, attempt, this.startedAt);
    if (this.modelCalls === undefined) this.modelCalls = [made];
    else this.modelCalls.push(made);
  }

  rescue(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): unknown {
    this.record(error, resultClass, number, startedAt, now);
    if (resultClass === 'cancelled') {
      this.deps.cancelled(this, error, now);
      return rejectLater(error);
    }
    this.index++;
    return this.proceed(now);
  }

  /** Whether a step is not for what has happened so far. */
  protected passesOver({ serves }: Step): boolean {
    return serves !== undefined && !serves(this.lastFailure?.kind ?? 'unknown');
  }

  /** How long the call took, in milliseconds; 0 while it runs. */
  get durationMs(): number {
    return this.endedAt === undefined ? 0 : this.endedAt - this.startedAt;
  }

  /** Every attempt in order; the one that served, by `step`, last. `forEvent`: with messages that hold no content. */
  attempts(step: Step | undefined, forEvent = false): readonly AttemptRecord[] {
    const { servedFrom, endedAt, startedAt } = this;
    const records = (this.failures ?? []).map((failure) =>
      failure.record(startedAt, forEvent ? failure.eventMessage : failure.message),
    );
    if (step !== undefined && servedFrom !== undefined && endedAt !== undefined) {
      const resultClass = this.servedSlow ? 'slow' : 'ok';
      records.push({
        name: step.name,
        tier: step.tier,
        attempt: this.servedAttempt,
        startMs: servedFrom - startedAt,
        durationMs: endedAt - servedFrom,
        resultClass,
      });
    }
    return records;
  }

  /** The failure that a later tier rescues: the last one. */
  get lastFailure(): Failure | undefined {
    return this.failures?.at(-1);
  }

  #refusedByControl({ variant, name }: Step): UnderstudyError | undefined {
    const { document } = this.control;
    if (document.paused)
      return new UnderstudyError(
        'PAUSED',
        `Model "${this.deps.name}" is paused: ${sentence(document.reasons['pause'] ?? 'no reason was given')} It serves from its other tiers until it is resumed.`,
        { details: { model: this.deps.name } },
      );
    if (variant === undefined || !document.isolated.includes(variant.name)) return undefined;
    return new UnderstudyError(
      'ISOLATED',
      `Variant "${name}" of model "${this.deps.name}" is isolated until control.readmit()${because(document.reasons[`isolate/${name}`])}`,
      { details: { model: this.deps.name, variant: name } },
    );
  }

  /**
   * A fixed tier is synchronous; its output goes through the contract, and what it throws is an abstention. A fixed output was
   * checked when the model was defined: a contract that fails to check it again, or not in time, keeps nobody from being served.
   */
  #answer(step: Step, now: number): unknown {
    const fixed = step.fixed;
    if (fixed === undefined) return ABSTAINED;
    let answer: TierAnswer<unknown>;
    let verdict: Verdict | Promise<Verdict>;
    try {
      answer = atOnce(fixed.tier.answer(this.input, this.lastFailure ?? FIRST, this)) as TierAnswer<unknown>;
      if ('abstains' in answer) {
        const message = `${step.name} abstained: ${answer.abstains}`;
        const error = new UnderstudyError('ABSTAINED', message, { details: { model: this.deps.name } });
        return this.abstain(step, error, now);
      }
      verdict = this.deps.check(atOnce(answer.output));
      this.rules = { rows: answer.rows ?? NO_ROWS, because: answer.because };
    } catch (error) {
      return this.abstain(step, error, now);
    }
    this.servedFrom = now;
    const { output } = answer;
    if (!isPromise(verdict)) return this.#judged(step, verdict, output, now);
    return withinLimits(verdict, Math.max(this.deadline, now + 1), this.caller, this.deps.timers).then((ended) =>
      this.#judgedLater(step, ended, output),
    );
  }

  #judged(step: Step, verdict: Verdict, output: unknown, now: number): unknown {
    if (verdict.problems === undefined) return this.answered(step, verdict.value, now);
    if (verdict.fault && step.tier === 'always') return this.answered(step, output, now);
    return this.abstain(step, this.deps.outputError(verdict, step.name), this.servedFrom);
  }

  /** An asynchronous contract has said something of a fixed tier's output, or has not in time. */
  #judgedLater(step: Step, ended: Ended, output: unknown): unknown {
    const now = this.deps.now();
    let answer: unknown;
    if (ended.how === 'value') answer = this.#judged(step, ended.value as Verdict, output, now);
    else if (ended.how === 'aborted' || ended.how === 'closed') {
      const error: unknown = ended.how === 'closed' ? closedError(`Model "${this.deps.name}"`) : this.caller?.reason;
      this.endedAt = now;
      this.deps.cancelled(this, error, now);
      return rejectLater(error);
    } else if (step.tier === 'always') answer = this.answered(step, output, now);
    else {
      const message = `The contract did not check the output of "${step.name}" in time: raise deadlineMs, or make the output schema synchronous.`;
      answer = this.abstain(step, new UnderstudyError('TIMEOUT', message, { retryable: true }), this.servedFrom);
    }
    if (answer !== ABSTAINED) return answer;
    this.index++;
    return this.proceed(now);
  }

  protected answered(step: Step, output: unknown, now: number): unknown {
    this.endedAt = now;
    return this.deps.served(this, step, output, now);
  }

  protected abstain(step: Step, error: unknown, startedAt: number | undefined): unknown {
    if (step.fixed !== undefined) step.fixed.abstained++;
    this.#fail(step, error, startedAt);
    return ABSTAINED;
  }

  /** A step that ended without an attempt of a predictor. */
  #fail(step: Step, error: unknown, startedAt?: number): void {
    const now = this.deps.now();
    this.#keep(failedAttempt(step, error, 'rejected', 1, startedAt ?? now, now));
  }

  #keep(failure: FailedAttempt): void {
    // A literal: pushing to an empty array reserves seventeen places.
    if (this.failures === undefined) this.failures = [failure];
    else this.failures.push(failure);
    this.deps.attemptFailed(this, failure);
  }

  protected record(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): void {
    const step = this.step as Step;
    this.#keep(failedAttempt(step, error, resultClass, number, startedAt, now));
    if (step.variant !== undefined && resultClass === 'failed') step.variant.failures++;
  }
}

/** A step that has handed over to the next one. */
const ABSTAINED = Symbol('abstained');
const NO_ROWS: readonly string[] = Object.freeze([]);

const because = (reason: string | undefined): string => (reason === undefined ? '.' : `: ${sentence(reason)}`);
