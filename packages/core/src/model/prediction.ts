import { UnderstudyError } from '../errors/index.ts';
import type { AttemptRecord } from '../events/index.ts';
import { type FailureClass, isPromise, type Operation, rejectLater, type RunningAttempt } from '../policies/index.ts';
import type { ControlSnapshot } from '../control/index.ts';
import type { ShadowJob } from '../routing/index.ts';
import type { Failure, TierAnswer } from '../spec/index.ts';
import { reserveMs } from '../time/index.ts';
import type { Plan, Step } from './plan.ts';
import type { PredictOptions } from './model-api.ts';

/** What a prediction needs of its model. */
export interface PredictionOwner {
  readonly name: string;
  readonly now: () => number;
  /** The checked output, or a promise of it; throws `OUTPUT_INVALID`. */
  accept(output: unknown, from: string): unknown;
  /** The first part of an id, of the monotonic moment `at`. */
  stem(at: number): string;
  /** The decision that the current step served. */
  served(prediction: Prediction, step: Step, output: unknown, now: number): unknown;
  /** Nothing served: the error to reject with. */
  failed(prediction: Prediction, now: number): unknown;
  cancelled(prediction: Prediction, now: number): void;
}

/** What a rules tier said of its answer. */
export interface RulesTrace {
  readonly rows: readonly string[];
  readonly because: string | undefined;
}

const FIRST: Failure = { code: 'NOTHING_SERVED', message: 'nothing was tried', class: 'rejected', from: '', cause: undefined };

/** One call of `predict`: walks the steps of its plan until one serves. The executors call back into it. */
export class Prediction implements Operation {
  // `declare` and the constructor rather than fields: those would define each one twice (as in policies/attempt.ts).
  declare readonly input: unknown;
  declare readonly unit: string;
  declare readonly options: PredictOptions | undefined;
  declare readonly plan: Plan;
  declare readonly control: ControlSnapshot;
  declare readonly startedAt: number;
  declare readonly deadline: number;
  declare readonly caller: AbortSignal | undefined;
  /** Attempts that did not serve; made when there is one. */
  declare attempts: AttemptRecord[] | undefined;
  declare failures: Failure[] | undefined;
  declare rules: RulesTrace | undefined;
  declare shadows: ShadowJob[] | undefined;
  /** When the attempt that served began, and which it was. */
  declare servedFrom: number;
  declare servedAttempt: number;
  declare endedAt: number;
  declare private servedSlow: boolean;
  declare private readonly owner: PredictionOwner;
  declare private index: number;
  declare private ownStem: string | undefined;

  constructor(
    owner: PredictionOwner,
    input: unknown,
    unit: string,
    options: PredictOptions | undefined,
    plan: Plan,
    control: ControlSnapshot,
    startedAt: number,
    deadline: number,
    caller: AbortSignal | undefined,
  ) {
    this.owner = owner;
    this.input = input;
    this.unit = unit;
    this.options = options;
    this.plan = plan;
    this.control = control;
    this.startedAt = startedAt;
    this.deadline = deadline;
    this.caller = caller;
    this.index = 0;
    this.ownStem = undefined;
    this.attempts = undefined;
    this.failures = undefined;
    this.rules = undefined;
    this.shadows = undefined;
    this.servedFrom = 0.5;
    this.servedAttempt = 1;
    this.endedAt = 0.5;
    this.servedSlow = false;
  }

  get model(): string {
    return this.owner.name;
  }

  get priority(): number {
    return this.options?.priority ?? 0;
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
    this.ownStem ??= this.owner.stem(this.startedAt);
    return this.ownStem;
  }

  /** The first part of the id, if something has asked for it already. */
  get drawnStem(): string | undefined {
    return this.ownStem;
  }

  private get step(): Step | undefined {
    return this.plan.steps[this.index];
  }

  /** Tries the steps from the current one on: a decision, or a promise of one. */
  proceed(now: number): unknown {
    for (let step = this.step; step !== undefined; step = this.plan.steps[++this.index]) {
      if (step.variant === undefined) {
        const answer = this.#answer(step, now);
        if (answer !== ABSTAINED) return answer;
        continue;
      }
      const refused = this.#refusedByControl(step);
      if (refused === undefined) {
        const reserve = step.isLast ? 0 : reserveMs(this.deadline - this.startedAt);
        return step.variant.executor.run(this, this.input, this.caller, now, this.deadline - reserve);
      }
      this.#fail(step, refused);
    }
    return rejectLater(this.owner.failed(this, now));
  }

  idempotencyKey(): string {
    return this.stem;
  }

  invoke(input: unknown, attempt: RunningAttempt): unknown {
    return this.step?.variant?.predictor(input, attempt);
  }

  accept(output: unknown): unknown {
    return this.owner.accept(output, this.step?.name ?? '');
  }

  complete(output: unknown, attempt: RunningAttempt, now: number, resultClass: 'ok' | 'slow'): unknown {
    const step = this.step as Step;
    this.servedFrom = attempt.startedAt;
    this.servedAttempt = attempt.attempt;
    this.servedSlow = resultClass === 'slow';
    this.endedAt = now;
    this.attempts?.push(this.servingAttempt(step));
    return this.owner.served(this, step, output, now);
  }

  retrying(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): void {
    this.#record(error, resultClass, number, startedAt, now);
  }

  rescue(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): unknown {
    this.#record(error, resultClass, number, startedAt, now);
    if (resultClass === 'cancelled') {
      this.owner.cancelled(this, now);
      return rejectLater(error);
    }
    this.index++;
    return this.proceed(now);
  }

  /** The record of the attempt that served. */
  servingAttempt(step: Step): AttemptRecord {
    return {
      name: step.name,
      tier: step.tier,
      attempt: this.servedAttempt,
      startMs: this.servedFrom - this.startedAt,
      durationMs: this.endedAt - this.servedFrom,
      resultClass: this.servedSlow ? 'slow' : 'ok',
    };
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
        `Model "${this.owner.name}" is paused: ${document.changed?.reason ?? 'no reason was given'}. It serves from its other tiers until control.resume().`,
        { details: { model: this.owner.name } },
      );
    if (variant === undefined || !document.isolated.includes(variant.name)) return undefined;
    return new UnderstudyError(
      'ISOLATED',
      `Variant "${name}" of model "${this.owner.name}" is isolated until control.readmit().`,
      { details: { model: this.owner.name, variant: name } },
    );
  }

  /** A fixed tier is synchronous; its output goes through the contract, and what it throws is an abstention. */
  #answer(step: Step, now: number): unknown {
    const fixed = step.fixed;
    if (fixed === undefined) return ABSTAINED;
    let answer: TierAnswer<unknown>;
    let output: unknown;
    try {
      answer = fixed.tier.answer(this.input, this.lastFailure ?? FIRST, this);
      if ('abstains' in answer) {
        fixed.abstained++;
        this.#fail(
          step,
          new UnderstudyError('ABSTAINED', `${step.name} abstained: ${answer.abstains}`, { details: { model: this.owner.name } }),
        );
        return ABSTAINED;
      }
      output = this.owner.accept(answer.output, step.name);
    } catch (error) {
      fixed.abstained++;
      this.#fail(step, error);
      return ABSTAINED;
    }
    this.rules = { rows: answer.rows ?? NO_ROWS, because: answer.because };
    this.servedFrom = now;
    this.endedAt = this.attempts === undefined && !isPromise(output) ? now : this.owner.now();
    this.attempts?.push(this.servingAttempt(step));
    if (isPromise(output))
      return output.then(
        (checked) => this.owner.served(this, step, checked, this.owner.now()),
        (error: unknown) => this.#skip(step, error),
      );
    return this.owner.served(this, step, output, this.endedAt);
  }

  /** The output of a fixed tier broke an asynchronous contract. */
  #skip(step: Step, error: unknown): unknown {
    this.attempts?.pop();
    this.#fail(step, error);
    this.index++;
    return this.proceed(this.owner.now());
  }

  /** A step that ended without an attempt of a predictor. */
  #fail(step: Step, error: unknown): void {
    const now = this.owner.now();
    const { code, message } = describe(error);
    (this.failures ??= []).push({ code, message, class: 'rejected', from: step.name, cause: error });
    (this.attempts ??= []).push({
      name: step.name,
      tier: step.tier,
      attempt: 1,
      startMs: now - this.startedAt,
      durationMs: 0,
      resultClass: 'rejected',
      errorType: code,
      message,
    });
  }

  #record(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): void {
    const step = this.step as Step;
    const { code, message } = describe(error);
    (this.failures ??= []).push({ code, message, class: resultClass, from: step.name, cause: error });
    (this.attempts ??= []).push({
      name: step.name,
      tier: step.tier,
      attempt: number,
      startMs: startedAt - this.startedAt,
      durationMs: now - startedAt,
      resultClass,
      errorType: code,
      message,
    });
    if (step.variant !== undefined && resultClass === 'failed') step.variant.failures++;
  }
}

/** A step that has handed over to the next one. */
const ABSTAINED = Symbol('abstained');
const NO_ROWS: readonly string[] = Object.freeze([]);

function describe(error: unknown): { readonly code: Failure['code']; readonly message: string } {
  if (UnderstudyError.is(error)) return error;
  return { code: 'PREDICTOR_FAILED', message: error instanceof Error ? error.message : String(error) };
}
