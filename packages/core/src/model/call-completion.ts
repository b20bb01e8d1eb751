import type { Validate, Verdict } from '../contract/validate.ts';
import { type ErrorCode, problemsError, UnderstudyError } from '../errors/index.ts';
import type { RunningGuards } from '../guards/guard-runner.ts';
import type { Screened } from '../guards/guard-run.ts';
import type { Stoppable } from '../policies/flight.ts';
import type { DecisionIds } from '../routing/decision-id.ts';
import { copyOf } from '../policies/copy-of.ts';
import { settleTickets } from '../routing/shadow-job.ts';
import { type Clock, isPromise, type TimerQueue } from '../time/index.ts';
import type { CallCounters } from './call-counters.ts';
import { DecisionRecord } from './decision-record.ts';
import { nothingServed, reasonOf, unservedReason } from './decision-reasons.ts';
import type { FailedAttempt } from './failed-attempt.ts';
import type { CallObservers } from './call-observers.ts';
import type { ModelEvents } from './model-events.ts';
import type { Step } from './plan.ts';
import type { Prediction, PredictionDependencies } from './prediction.ts';
import { factsOf } from './predictor-facts.ts';

/** How the calls of a model end: each is counted, learnt from and told, whatever became of it. */
export class CallCompletion implements PredictionDependencies {
  readonly name: string;
  readonly timers: TimerQueue;
  readonly #clock: Clock;
  readonly #ids: DecisionIds;
  readonly #counters: CallCounters;
  readonly #observers: CallObservers | undefined;
  readonly #events: ModelEvents;
  readonly #validateOutput: Validate;
  readonly #guards: RunningGuards | undefined;
  #drained: (() => void) | undefined;

  constructor(
    name: string,
    clock: Clock,
    timers: TimerQueue,
    ids: DecisionIds,
    counters: CallCounters,
    observers: CallObservers | undefined,
    events: ModelEvents,
    validateOutput: Validate,
    guards?: RunningGuards,
  ) {
    this.name = name;
    this.#clock = clock;
    this.timers = timers;
    this.#ids = ids;
    this.#counters = counters;
    this.#observers = observers;
    this.#events = events;
    this.#validateOutput = validateOutput;
    this.#guards = guards;
  }

  now(): number {
    return this.#clock.now();
  }

  stem(at: number): string {
    return this.#ids.stem(at);
  }

  /** @param call whose output it is; a shadow's has none */
  accept(output: unknown, from: string, call?: Stoppable): unknown {
    const verdict = this.#validateOutput(output);
    if (isPromise(verdict)) return verdict.then((later) => this.#accepted(later, from, call));
    return this.#accepted(verdict, from, call);
  }

  check(output: unknown): Verdict | Promise<Verdict> {
    return this.#validateOutput(output);
  }

  outputError({ problems = [], more, cause }: Verdict, from: string): UnderstudyError {
    return problemsError('OUTPUT_INVALID', `The output of "${from}" for model "${this.name}"`, problems, cause, more);
  }

  attemptFailed(prediction: Prediction, failure: FailedAttempt): void {
    this.#events.attemptFailed(prediction, failure);
  }

  served(prediction: Prediction, step: Step, output: unknown, now: number): DecisionRecord {
    const [assigned] = prediction.plan.steps;
    const isCached = step.tier === 'cache';
    const first = assigned === step || (isCached && assigned?.cached === step);
    const id = this.#ids.complete(prediction.drawnStem, step.exposure, prediction.unit, prediction.startedAt);
    const { key } = this.#ids;
    const degraded = !first || prediction.control.document.paused;
    const reasonFor = (forEvent?: boolean): string => {
      const why = prediction.failures === undefined ? prediction.plan.reason : reasonOf(prediction, step, forEvent);
      return isCached ? `${why} The answer came from its cache.` : why;
    };
    const reason = reasonFor();
    const decision = new DecisionRecord(id, output, degraded, reason, step, prediction);
    const server = step.variant ?? step.fixed;
    if (server !== undefined && !isCached) server.served++;
    this.#counters.countServed(step.tier, degraded, now - prediction.startedAt);
    if (prediction.shadow !== undefined) {
      // As it was served: the caller may change his own.
      settleTickets(prediction.shadow, id, first && step.tier === 'model', copyOf(output));
    }
    if (this.#observers !== undefined && prediction.inputFault === undefined) {
      // Whatever learns from a call, the call has been served.
      try {
        this.#observers.served(prediction, id, key, step, first, output, now);
      } catch (error) {
        this.#events.callbackFailed('monitors', error);
      }
    }
    if (step.tier === 'model' && this.#guards !== undefined) {
      const { input } = prediction;
      this.#guards.served({ decisionId: id, model: this.name, servedBy: step.name, input, output });
    }
    if (this.#events.wants('decision')) {
      const { variant } = step;
      this.#events.decision(prediction, {
        outcome: 'served',
        step,
        id,
        tier: step.tier,
        servedBy: step.name,
        version: step.servedBy.version,
        degraded,
        reason: prediction.failures === undefined ? reason : reasonFor(true),
        facts: variant === undefined ? undefined : factsOf(variant.predictor, this.#describeFailed(variant.name)),
        output,
        now,
      });
    }
    this.ended(prediction);
    return decision;
  }

  failed(prediction: Prediction, now: number, broken?: unknown): unknown {
    this.#counters.failed++;
    const error = broken ?? nothingServed(prediction);
    const id = this.#unserved(prediction, now);
    if (prediction.inputFault === undefined) {
      try {
        this.#observers?.failed(prediction, id, now);
      } catch (thrown) {
        this.#events.callbackFailed('monitors', thrown);
      }
    }
    if (this.#events.wants('decision')) {
      const code = UnderstudyError.is(error) ? error.code : 'PREDICTOR_FAILED';
      this.#tell(prediction, 'failed', id, unservedReason(prediction), code, now);
    }
    this.ended(prediction);
    return error;
  }

  cancelled(prediction: Prediction, error: unknown, now: number): void {
    this.#counters.cancelled++;
    const id = this.#unserved(prediction, now);
    if (this.#events.wants('decision')) {
      const closed = prediction.caller?.aborted !== true && UnderstudyError.is(error, 'CLOSED');
      const reason = closed ? 'The runtime was closed before the call had ended.' : 'The caller cancelled the call.';
      this.#tell(prediction, 'cancelled', id, reason, closed ? 'CLOSED' : undefined, now);
    }
    this.ended(prediction);
  }

  invalidInput(prediction: Prediction, { problems = [], more, cause }: Verdict, now: number): UnderstudyError {
    this.#counters.invalidInput++;
    try {
      this.#observers?.invalidInput(
        problems.map(({ path }) => path),
        this.#clock.wall(),
      );
    } catch (thrown) {
      this.#events.callbackFailed('monitors', thrown);
    }
    if (this.#events.wants('decision')) {
      const reason = 'The input broke its contract.';
      this.#tell(prediction, 'invalid-input', this.#idOfUnserved(prediction), reason, 'INPUT_INVALID', now);
    }
    this.ended(prediction);
    return problemsError('INPUT_INVALID', `The input of model "${this.name}"`, problems, cause, more);
  }

  /** A call is in flight no more. */
  ended(prediction?: Prediction): void {
    prediction?.release?.();
    this.#counters.inFlight--;
    if (this.#drained !== undefined && this.#counters.inFlight === 0) this.#drained();
  }

  /** Resolves when no call is in flight. */
  async drained(): Promise<void> {
    if (this.#counters.inFlight === 0) return;
    await new Promise<void>((done) => {
      this.#drained = done;
    });
  }

  #accepted(verdict: Verdict, from: string, call: Stoppable | undefined): unknown {
    if (verdict.problems !== undefined) throw this.outputError(verdict, from);
    if (this.#guards === undefined) return verdict.value;
    const screened = this.#guards.output(verdict.value);
    if (isPromise(screened)) return screened.then((later) => screenedOutput(later, call));
    return screenedOutput(screened, call);
  }

  readonly #describeFailed =
    (variant: string): ((error: unknown) => void) =>
    (error) =>
      this.#events.callbackFailed(`variants.${variant}.predictor.describe`, error);

  /** Settles what a call leaves behind that nothing served; returns its id. */
  #unserved(prediction: Prediction, now: number): string {
    prediction.endedAt = now;
    const id = this.#idOfUnserved(prediction);
    if (prediction.shadow !== undefined) settleTickets(prediction.shadow, id, false, undefined);
    return id;
  }

  /** As if the first step had served: nothing is counted for it, since its event says that nothing did. */
  #idOfUnserved(prediction: Prediction): string {
    const [first] = prediction.plan.steps;
    return first === undefined
      ? prediction.stem
      : this.#ids.complete(prediction.drawnStem, first.exposure, prediction.unit, prediction.startedAt);
  }

  #tell(
    prediction: Prediction,
    outcome: 'failed' | 'cancelled' | 'invalid-input',
    id: string,
    reason: string,
    errorType: ErrorCode | undefined,
    now: number,
  ): void {
    const degraded = outcome !== 'invalid-input';
    this.#events.decision(prediction, {
      outcome,
      id,
      tier: 'none',
      servedBy: '',
      version: '',
      degraded,
      reason,
      errorType,
      now,
    });
  }
}

/** What guards let through of an output. */
function screenedOutput({ value, stop, isFinal }: Screened, call: Stoppable | undefined): unknown {
  if (stop === undefined) return value;
  if (isFinal && call !== undefined) call.blocked = stop;
  throw stop;
}
