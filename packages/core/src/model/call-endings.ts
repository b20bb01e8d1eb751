import type { ControlSnapshot } from '../control/index.ts';
import { problemsOf, type Validate } from '../contract/validate.ts';
import { type ErrorCode, type Problem, problemsError, type UnderstudyError } from '../errors/index.ts';
import { isPromise } from '../policies/index.ts';
import { type DecisionIds, settleTickets } from '../routing/index.ts';
import type { Clock } from '../time/index.ts';
import type { CallCounters } from './call-counters.ts';
import type { Cast } from './cast.ts';
import { DecisionRecord } from './decision-record.ts';
import { nothingServed, reasonOf, unservedReason } from './endings.ts';
import type { Learners } from './learners.ts';
import type { PredictOptions } from './model-api.ts';
import type { ModelEvents } from './model-events.ts';
import type { Step } from './plan.ts';
import { Prediction, type PredictionOwner } from './prediction.ts';

/** How the calls of a model end: each is counted, learnt from and told, whatever became of it. */
export class CallEndings implements PredictionOwner {
  readonly name: string;
  readonly #clock: Clock;
  readonly #ids: DecisionIds;
  readonly #cast: Cast;
  readonly #counters: CallCounters;
  readonly #learners: Learners | undefined;
  readonly #events: ModelEvents;
  readonly #validateOutput: Validate;
  #drained: (() => void) | undefined;

  constructor(
    name: string,
    clock: Clock,
    ids: DecisionIds,
    cast: Cast,
    counters: CallCounters,
    learners: Learners | undefined,
    events: ModelEvents,
    validateOutput: Validate,
  ) {
    this.name = name;
    this.#clock = clock;
    this.#ids = ids;
    this.#cast = cast;
    this.#counters = counters;
    this.#learners = learners;
    this.#events = events;
    this.#validateOutput = validateOutput;
  }

  now(): number {
    return this.#clock.now();
  }

  stem(at: number): string {
    return this.#ids.stem(at);
  }

  accept(output: unknown, from: string): unknown {
    const verdict = this.#validateOutput(output);
    if (isPromise(verdict)) return verdict.then((later) => this.#accepted(later, from));
    return this.#accepted(verdict, from);
  }

  served(prediction: Prediction, step: Step, output: unknown, now: number): DecisionRecord {
    const first = prediction.plan.steps[0] === step;
    const id = this.#ids.complete(prediction.drawnStem, step.exposure, prediction.unit, prediction.startedAt);
    const { key } = this.#ids;
    const degraded = !first || prediction.control.document.paused;
    const reason = prediction.failures === undefined ? prediction.plan.reason : reasonOf(prediction, step);
    const decision = new DecisionRecord(id, output, degraded, reason, step, prediction);
    const server = step.variant ?? step.fixed;
    if (server !== undefined) server.served++;
    this.#counters.countServed(step.tier, degraded, now - prediction.startedAt);
    if (prediction.shadow !== undefined) {
      settleTickets(prediction.shadow, id, first && step.variant !== undefined, output);
    }
    this.#learners?.served(prediction, id, key, step, first, output, now);
    if (this.#events.wants('decision')) {
      this.#events.decision(prediction, {
        outcome: 'served',
        step,
        id,
        tier: step.tier,
        servedBy: step.name,
        version: step.servedBy.version,
        degraded,
        reason: prediction.failures === undefined ? reason : reasonOf(prediction, step, true),
        facts: step.variant?.predictor.describe?.(),
        output,
        now,
      });
    }
    this.ended();
    return decision;
  }

  failed(prediction: Prediction, now: number): UnderstudyError {
    this.#counters.failed++;
    const error = nothingServed(prediction);
    const id = this.#unserved(prediction, now);
    this.#learners?.failed(prediction, id, now);
    if (this.#events.wants('decision')) this.#tell(prediction, 'failed', id, unservedReason(prediction), error.code, now);
    this.ended();
    return error;
  }

  cancelled(prediction: Prediction, now: number): void {
    this.#counters.cancelled++;
    const id = this.#unserved(prediction, now);
    if (this.#events.wants('decision')) this.#tell(prediction, 'cancelled', id, 'The caller cancelled the call.', undefined, now);
    this.ended();
  }

  /** @param control the state of control when the call began */
  invalidInput(
    problems: readonly Problem[],
    cause: unknown,
    options: PredictOptions | undefined,
    control: ControlSnapshot,
    now: number,
  ): UnderstudyError {
    this.#counters.invalidInput++;
    this.#learners?.invalidInput(
      problems.map(({ path }) => path),
      this.#clock.wall(),
    );
    if (this.#events.wants('decision')) {
      const unit = options?.unit ?? '';
      const plan = this.#cast.planFor(unit, undefined, control);
      const prediction = new Prediction(this, undefined, unit, options, plan, control, now, now, undefined);
      const reason = 'The input broke its contract.';
      this.#tell(prediction, 'invalid-input', this.#idOfUnserved(prediction), reason, 'INPUT_INVALID', now);
    }
    return problemsError('INPUT_INVALID', `The input of model "${this.name}"`, problems, cause);
  }

  /** A call is in flight no more. */
  ended(): void {
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

  #accepted({ issues, value }: { readonly issues?: Issues | undefined; readonly value?: unknown }, from: string): unknown {
    if (issues === undefined) return value;
    throw problemsError('OUTPUT_INVALID', `The output of "${from}" for model "${this.name}"`, problemsOf(issues));
  }

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

type Issues = Parameters<typeof problemsOf>[0];
