import { type CommandListener, type ControlSnapshot, ModelControl } from '../control/index.ts';
import { problemsOf, type Validate, validator, type Verdict } from '../contract/validate.ts';
import { problemsError, UnderstudyError } from '../errors/index.ts';
import type { AssignmentReason, EventType, Listener } from '../events/index.ts';
import { isPromise, rejectLater } from '../policies/index.ts';
import { type BucketRange, DecisionIds, nameHash, settleTickets } from '../routing/index.ts';
import type { AssignUnit, GivenVariant } from '../spec/index.ts';
import { expiresAt, type TimerHandle, WallTime } from '../time/index.ts';
import type { AnyContract, AnyOptions } from './any-definition.ts';
import { CallCounters } from './call-counters.ts';
import { Cast } from './cast.ts';
import type { Decision } from './decision.ts';
import { DecisionRecord } from './decision-record.ts';
import { nothingServed, reasonOf, unservedReason } from './endings.ts';
import { commandRollout, rolloutPlanOf } from './engines.ts';
import type { Host } from './host.ts';
import { Learners } from './learners.ts';
import type { Model, ModelCommands, Outcome, OutcomeResult, PredictManyOptions, PredictOptions } from './model-api.ts';
import { modelCommands } from './model-commands.ts';
import { ModelEvents } from './model-events.ts';
import { ModelShadows } from './model-shadows.ts';
import { outcomeFacts, Outcomes } from './outcomes.ts';
import type { Plan, Step, Variant } from './plan.ts';
import { Prediction, type PredictionOwner } from './prediction.ts';
import { predictMany } from './predict-many.ts';
import { Startup } from './startup.ts';
import type { ModelStatus, VariantStatus } from './status.ts';

const DEFAULT_DEADLINE_MS = 10_000;
const DEFAULT_WINDOW_MS = 90 * 24 * 3_600_000;

type AnyDecision = Decision<unknown, unknown>;

/** The composition of one model: contract, variants, tiers, routing, control, events. */
export class ManagedModel implements Model<unknown, unknown, unknown, unknown, string, string>, PredictionOwner {
  readonly name: string;
  readonly control: ModelCommands<string>;
  /** What it was defined with: `testModel` makes a copy of it. */
  readonly definition: { readonly contract: AnyContract; readonly options: AnyOptions };
  readonly #host: Host;
  readonly #options: AnyOptions;
  readonly #control: ModelControl;
  readonly #ids: DecisionIds;
  readonly #events: ModelEvents;
  readonly #cast: Cast;
  /** `undefined` where nothing learns from calls. */
  readonly #learners: Learners | undefined;
  readonly #shadows: ModelShadows;
  readonly #startup: Startup;
  readonly #outcomes: Outcomes;
  readonly #counters = new CallCounters();
  readonly #validateInput: Validate;
  readonly #validateOutput: Validate;
  #closed: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(contract: AnyContract, options: AnyOptions, ranges: readonly BucketRange[], host: Host) {
    const { name } = contract;
    this.name = name;
    this.#host = host;
    this.#options = options;
    this.definition = { contract, options };
    this.#validateInput = validator(contract.input);
    this.#validateOutput = validator(contract.output);
    const wallTime = new WallTime(host.clock);
    this.#ids = new DecisionIds(name, wallTime, host.words, host.signer);
    this.#events = new ModelEvents(name, options.rollout?.challenger ?? '', host, this.#ids, wallTime);
    this.#cast = new Cast(
      name,
      options,
      ranges,
      host,
      (...exposure) => this.#ids.exposure(...exposure),
      this.#events.policyChanged,
    );
    const truth = contract.truth === undefined ? this.#validateOutput : validator(contract.truth);
    const schemas = { truth, output: this.#validateOutput, kpis: Object.keys(contract.kpis ?? {}) };
    const windowMs = options.outcomes?.windowMs ?? DEFAULT_WINDOW_MS;
    this.#outcomes = new Outcomes(name, nameHash(name), this.#ids, schemas, windowMs);
    const plan = rolloutPlanOf(options);
    this.#control = new ModelControl({
      model: name,
      variants: [...this.#cast.variants.keys()],
      champion: options.champion,
      store: host.store,
      clock: host.clock,
      authorize: host.authorize,
      refreshMs: host.refreshMs,
      changed: this.#commanded,
      commandRollout: commandRollout(options, plan),
    });
    const { cast, events } = { cast: this.#cast, events: this.#events };
    const learns = plan !== undefined || options.allocation !== undefined || (options.monitors ?? []).length > 0;
    if (learns)
      this.#learners = new Learners({
        contract,
        options,
        plan,
        cast,
        control: this.#control,
        ids: this.#ids,
        wallTime,
        events,
        host,
      });
    const accept = (output: unknown, from: string): unknown => this.accept(output, from);
    this.#shadows = new ModelShadows({ contract, options, cast, learners: this.#learners, events, host, accept });
    this.#startup = new Startup(this.#control, host.clock, host.startupWaitMs);
    this.control = modelCommands(this.#control, this.#cast, host.clock);
  }

  predict(input: unknown, options?: PredictOptions): Promise<AnyDecision> {
    if (this.#closed !== undefined || this.#host.closed()) return rejectLater(this.#closedError());
    const now = this.#host.clock.now();
    this.#control.touch(now);
    this.#learners?.touch();
    const control = this.#control.snapshot;
    if (!control.known && !this.#startup.isOver) return this.#startup.wait().then(() => this.predict(input, options));
    this.#counters.total++;
    let verdict: Verdict | Promise<Verdict>;
    try {
      verdict = this.#validateInput(input);
    } catch (error) {
      return this.#invalidInput([{ path: '', message: 'the input schema threw' }], now, options, error);
    }
    if (isPromise(verdict)) return this.#checkedLater(verdict, now, options, control);
    return this.#checked(verdict, now, options, control);
  }

  async predictMany(
    inputs: readonly unknown[],
    options: PredictManyOptions<unknown> = {},
  ): Promise<readonly PromiseSettledResult<AnyDecision>[]> {
    return predictMany(inputs, options, (input, each) => this.predict(input, each));
  }

  async recordOutcome(id: string, outcome: Outcome<unknown, unknown, unknown, string>): Promise<OutcomeResult> {
    const at = this.#host.clock.wall();
    const { kind, result, exposure } = await this.#outcomes.record(id, outcome, at);
    this.#learners?.outcome(id, outcome, result, exposure, at);
    this.#events.outcome({
      decisionId: id,
      kind,
      result,
      ...(exposure === undefined
        ? {}
        : {
            assigned: this.#cast.nameOf(exposure.assignedHash),
            servedBy: this.#cast.nameOf(exposure.servedHash),
            tier: exposure.tier,
            probability: exposure.probability,
            delayMs: Math.max(0, at - exposure.at),
          }),
      ...outcomeFacts(outcome),
    });
    return result;
  }

  status(): ModelStatus {
    const now = this.#host.clock.now();
    const { known, version, document } = this.#control.snapshot;
    const rollout = this.#learners?.rollout?.status();
    const monitoring = this.#learners?.monitors?.status();
    const variants: Record<string, VariantStatus> = {};
    for (const variant of this.#cast.variants.values()) variants[variant.name] = this.#variantStatus(variant, now);
    return {
      model: this.name,
      champion: this.#cast.champion,
      control: {
        known,
        version,
        pinned: document.pinned,
        isolated: document.isolated,
        paused: document.paused,
        pausedBy: document.pausedBy,
      },
      ...this.#counters.snapshot(),
      variants,
      tiers: this.#cast.fixedTiers.map(({ tier: { kind, name, version }, served, abstained }) => ({
        kind,
        name,
        version,
        served,
        abstained,
      })),
      ...(rollout === undefined ? {} : { rollout }),
      ...(monitoring === undefined ? {} : { monitoring }),
      outcomes: { ...this.#outcomes.counts },
      listenerFailures: this.#events.bus.listenerFailures,
    };
  }

  assignmentOf(unit: string): { readonly variant: string; readonly probability: number; readonly by: AssignmentReason } {
    const { variant, probability, by } = this.#cast.assignmentOf(unit, this.#control.snapshot);
    return { variant, probability, by };
  }

  on<E extends EventType>(type: E, listener: Listener<E>): () => void {
    return this.#events.bus.on(type, listener);
  }

  /** Reads the control document: `ready()` waits for it. */
  async load(): Promise<void> {
    await this.#control.refresh();
    await this.#learners?.load();
  }

  /** Resolves when no shadow waits or runs. */
  shadowsIdle(): Promise<void> {
    return this.#shadows.idle();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- what predictions ask of their owner

  now(): number {
    return this.#host.clock.now();
  }

  stem(at = this.#host.clock.now()): string {
    return this.#ids.stem(at);
  }

  accept(output: unknown, from: string): unknown {
    const verdict = this.#validateOutput(output);
    if (isPromise(verdict)) return verdict.then((later) => this.#accepted(later, from));
    return this.#accepted(verdict, from);
  }

  served(prediction: Prediction, step: Step, output: unknown, now: number): AnyDecision {
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
    this.#ended();
    return decision;
  }

  failed(prediction: Prediction, now: number): UnderstudyError {
    this.#counters.failed++;
    const error = nothingServed(prediction);
    this.#unserved(prediction, 'failed', now, error);
    return error;
  }

  cancelled(prediction: Prediction, now: number): void {
    this.#counters.cancelled++;
    this.#unserved(prediction, 'cancelled', now, undefined);
  }

  // ---- the call path

  #checked(verdict: Verdict, now: number, options: PredictOptions | undefined, control: ControlSnapshot): Promise<AnyDecision> {
    if (verdict.issues !== undefined) return this.#invalidInput(problemsOf(verdict.issues), now, options, undefined);
    const unit = options?.unit ?? '';
    let plan: Plan;
    let deadline: number;
    let caller: AbortSignal | undefined;
    if (options === undefined) {
      plan = this.#cast.planFor('', undefined, control);
      deadline = expiresAt(now, this.#options.deadlineMs ?? DEFAULT_DEADLINE_MS);
    } else {
      const { force, within, signal } = options;
      if (force !== undefined && !this.#cast.variants.has(force)) return this.#unknownVariant(force);
      plan = this.#cast.planFor(unit, force, control);
      deadline = this.#deadline(now, options);
      if (deadline <= now) return this.#badDeadline(options.deadlineMs);
      caller = signal === undefined ? within?.signal : within === undefined ? signal : AbortSignal.any([signal, within.signal]);
    }
    const prediction = new Prediction(this, verdict.value, unit, options, plan, control, now, deadline, caller);
    this.#counters.inFlight++;
    if (this.#options.assign !== undefined && options?.force === undefined && control.document.pinned === null)
      return this.#proceedAsGiven(this.#options.assign, prediction);
    return this.#proceed(prediction, now);
  }

  #proceed(prediction: Prediction, now: number): Promise<AnyDecision> {
    if (this.#shadows.any) this.#shadows.launch(prediction);
    return Promise.resolve(prediction.proceed(now)) as Promise<AnyDecision>;
  }

  /** Asks the option `assign` first; without an answer in time our own assignment stands. */
  async #proceedAsGiven(assign: AssignUnit, prediction: Prediction): Promise<AnyDecision> {
    const { clock } = this.#host;
    let given: GivenVariant | undefined;
    let timer: TimerHandle;
    try {
      const context = { model: this.name, unit: prediction.unit, tenant: prediction.options?.tenant };
      const answer = assign(context);
      given = isPromise(answer)
        ? await Promise.race([
            answer,
            new Promise<undefined>((done) => {
              timer = clock.schedule(() => done(undefined), (prediction.deadline - clock.now()) / 2, false);
            }),
          ])
        : answer;
    } catch {
      // A flag system that fails must not fail the call: the event says who assigned.
      given = undefined;
    } finally {
      clock.cancel(timer);
    }
    if (given !== undefined && this.#cast.variants.has(given.variant))
      prediction.plan = this.#cast.planGiven(given.variant, given.probability ?? 1);
    return this.#proceed(prediction, clock.now());
  }

  #deadline(now: number, { deadlineMs, within }: PredictOptions): number {
    const own = deadlineMs ?? this.#options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    if (!(own > 0)) return Number.NEGATIVE_INFINITY;
    return expiresAt(now, within === undefined ? own : Math.min(own, within.remainingMs));
  }

  /** A command changes what calls read at once; the rollout tells its own transitions. */
  readonly #commanded: CommandListener = (command, note, result, version) => {
    this.#events.commanded(command, note, result, version);
    const state = this.#control.snapshot.document.rollout;
    const transition = state?.history.at(-1);
    if (result === 'obeyed' && command.kind.startsWith('rollout-') && state !== null && transition !== undefined)
      this.#events.rolloutChanged(state, transition, version);
  };

  async #checkedLater(
    verdict: Promise<Verdict>,
    now: number,
    options: PredictOptions | undefined,
    control: ControlSnapshot,
  ): Promise<AnyDecision> {
    let settled: Verdict;
    try {
      settled = await verdict;
    } catch (error) {
      return this.#invalidInput([{ path: '', message: 'the input schema threw' }], now, options, error);
    }
    return this.#checked(settled, now, options, control);
  }

  #accepted(
    { issues, value }: { readonly issues?: Parameters<typeof problemsOf>[0] | undefined; readonly value?: unknown },
    from: string,
  ): unknown {
    if (issues === undefined) return value;
    const error = problemsError('OUTPUT_INVALID', `The output of "${from}" for model "${this.name}"`, problemsOf(issues));
    throw error;
  }

  // ---- how calls end

  #ended(): void {
    this.#counters.inFlight--;
    if (this.#drained !== undefined && this.#counters.inFlight === 0) this.#drained();
  }

  #unserved(prediction: Prediction, outcome: 'failed' | 'cancelled', now: number, error: UnderstudyError | undefined): void {
    prediction.endedAt = now;
    const id = this.#idOfUnserved(prediction);
    if (prediction.shadow !== undefined) settleTickets(prediction.shadow, id, false, undefined);
    if (outcome === 'failed') this.#learners?.failed(prediction, id, now);
    if (this.#events.wants('decision')) {
      this.#events.decision(prediction, {
        outcome,
        id,
        tier: 'none',
        servedBy: '',
        version: '',
        degraded: true,
        reason: error === undefined ? 'The caller cancelled the call.' : unservedReason(prediction),
        errorType: error?.code,
        now,
      });
    }
    this.#ended();
  }

  /** As if the first step had served: nothing is counted for it, since its event says that nothing did. */
  #idOfUnserved(prediction: Prediction): string {
    const [first] = prediction.plan.steps;
    return first === undefined
      ? prediction.stem
      : this.#ids.complete(prediction.drawnStem, first.exposure, prediction.unit, prediction.startedAt);
  }

  #invalidInput(
    problems: Parameters<typeof problemsError>[2],
    now: number,
    options: PredictOptions | undefined,
    cause: unknown,
  ): Promise<never> {
    this.#counters.invalidInput++;
    this.#learners?.invalidInput(
      problems.map(({ path }) => path),
      this.#host.clock.wall(),
    );
    const error = problemsError('INPUT_INVALID', `The input of model "${this.name}"`, problems, cause);
    if (this.#events.wants('decision')) {
      const unit = options?.unit ?? '';
      const plan = this.#cast.planFor(unit, undefined, this.#control.snapshot);
      const prediction = new Prediction(this, undefined, unit, options, plan, this.#control.snapshot, now, now, undefined);
      const id = this.#idOfUnserved(prediction);
      this.#events.decision(prediction, {
        outcome: 'invalid-input',
        id,
        tier: 'none',
        servedBy: '',
        version: '',
        degraded: false,
        reason: 'The input broke its contract.',
        errorType: 'INPUT_INVALID',
        now,
      });
    }
    return rejectLater(error);
  }

  #unknownVariant(variant: string): Promise<never> {
    this.#counters.total--;
    return rejectLater(this.#cast.unknown(variant));
  }

  #badDeadline(deadlineMs: number | undefined): Promise<never> {
    this.#counters.total--;
    return rejectLater(
      problemsError('INPUT_INVALID', `The call of model "${this.name}"`, [
        { path: 'options.deadlineMs', message: `expected a number of milliseconds over 0, got ${String(deadlineMs)}` },
      ]),
    );
  }

  #closedError(): UnderstudyError {
    return new UnderstudyError('CLOSED', `Model "${this.name}" has been closed: define it again to call it.`, {
      details: { model: this.name },
    });
  }

  // ---- the rest

  #variantStatus(variant: Variant, now: number): VariantStatus {
    const { name, version, served, failures, executor } = variant;
    const shadow = this.#shadows.statusOf(variant);
    const challenges = shadow !== undefined || this.#cast.isChallenger(name);
    return {
      version,
      role: name === this.#cast.champion ? 'champion' : challenges ? 'challenger' : 'fallback',
      share: this.#cast.shareOf(name, this.#control.snapshot),
      isolated: this.#control.snapshot.document.isolated.includes(name),
      served,
      failures,
      policies: executor.snapshot(now),
      ...(shadow === undefined ? {} : { shadow }),
    };
  }

  async #close(): Promise<void> {
    if (this.#counters.inFlight > 0) {
      await new Promise<void>((done) => {
        this.#drained = done;
      });
    }
    await this.shadowsIdle();
    await this.#learners?.close();
    this.#control.close();
    await Promise.all([...this.#cast.variants.values()].map(async ({ predictor }) => predictor.close?.()));
  }
}
