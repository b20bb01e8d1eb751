import { type CommandListener, type ControlSnapshot, ModelControl } from '../control/index.ts';
import { problemsOf, type Validate, validator, type Verdict } from '../contract/validate.ts';
import { problemsError, UnderstudyError } from '../errors/index.ts';
import type { AssignmentReason, EventType, Listener } from '../events/index.ts';
import { isPromise, rejectLater } from '../policies/index.ts';
import { type BucketRange, DecisionIds, nameHash } from '../routing/index.ts';
import type { AssignUnit } from '../spec/index.ts';
import { expiresAt, WallTime } from '../time/index.ts';
import type { AnyContract, AnyOptions } from './any-definition.ts';
import { CallCounters } from './call-counters.ts';
import { CallEndings } from './call-endings.ts';
import { Cast } from './cast.ts';
import type { Decision } from './decision.ts';
import { commandRollout, rolloutPlanOf } from './engines.ts';
import { givenVariant } from './given-variant.ts';
import type { Host } from './host.ts';
import { Learners } from './learners.ts';
import type { Model, ModelCommands, Outcome, OutcomeResult, PredictManyOptions, PredictOptions } from './model-api.ts';
import { modelCommands } from './model-commands.ts';
import { ModelEvents } from './model-events.ts';
import { ModelShadows } from './model-shadows.ts';
import { modelStatus } from './model-status.ts';
import { outcomeFacts, Outcomes } from './outcomes.ts';
import type { Plan } from './plan.ts';
import { Prediction } from './prediction.ts';
import { predictMany } from './predict-many.ts';
import { Startup } from './startup.ts';
import type { ModelStatus } from './status.ts';

const DEFAULT_DEADLINE_MS = 10_000;
const DEFAULT_WINDOW_MS = 90 * 24 * 3_600_000;

type AnyDecision = Decision<unknown, unknown>;

/** The composition of one model: contract, variants, tiers, routing, control, events; and the way of a call to its prediction. */
export class ManagedModel implements Model<unknown, unknown, unknown, unknown, string, string> {
  readonly name: string;
  readonly control: ModelCommands<string>;
  /** What it was defined with: `testModel` makes a copy of it. */
  readonly definition: { readonly contract: AnyContract; readonly options: AnyOptions };
  readonly #host: Host;
  readonly #options: AnyOptions;
  readonly #control: ModelControl;
  readonly #events: ModelEvents;
  readonly #cast: Cast;
  /** `undefined` where nothing learns from calls. */
  readonly #learners: Learners | undefined;
  readonly #shadows: ModelShadows;
  readonly #startup: Startup;
  readonly #outcomes: Outcomes;
  readonly #counters = new CallCounters();
  readonly #endings: CallEndings;
  readonly #validateInput: Validate;
  #closed: Promise<void> | undefined;

  constructor(contract: AnyContract, options: AnyOptions, ranges: readonly BucketRange[], host: Host) {
    const { name } = contract;
    this.name = name;
    this.#host = host;
    this.#options = options;
    this.definition = { contract, options };
    this.#validateInput = validator(contract.input);
    const validateOutput = validator(contract.output);
    const wallTime = new WallTime(host.clock);
    const ids = new DecisionIds(name, wallTime, host.words, host.signer);
    const events = new ModelEvents(name, options.rollout?.challenger ?? '', host, ids, wallTime);
    this.#events = events;
    const cast = new Cast(name, options, ranges, host, (...exposure) => ids.exposure(...exposure), events.policyChanged);
    this.#cast = cast;
    const truth = contract.truth === undefined ? validateOutput : validator(contract.truth);
    const schemas = { truth, output: validateOutput, kpis: Object.keys(contract.kpis ?? {}) };
    const windowMs = options.outcomes?.windowMs ?? DEFAULT_WINDOW_MS;
    this.#outcomes = new Outcomes(name, nameHash(name), ids, schemas, windowMs);
    const plan = rolloutPlanOf(options);
    this.#control = new ModelControl({
      model: name,
      variants: [...cast.variants.keys()],
      champion: options.champion,
      store: host.store,
      clock: host.clock,
      authorize: host.authorize,
      refreshMs: host.refreshMs,
      changed: this.#commanded,
      commandRollout: commandRollout(options, plan),
    });
    const learns = plan !== undefined || options.allocation !== undefined || (options.monitors ?? []).length > 0;
    if (learns)
      this.#learners = new Learners({
        contract,
        options,
        plan,
        cast,
        control: this.#control,
        ids,
        wallTime,
        events,
        host,
        windowMs,
      });
    const [counters, learners] = [this.#counters, this.#learners];
    this.#endings = new CallEndings(name, host.clock, ids, cast, counters, learners, events, validateOutput);
    const accept = (output: unknown, from: string): unknown => this.#endings.accept(output, from);
    this.#shadows = new ModelShadows({ contract, options, cast, learners: this.#learners, events, host, accept });
    this.#startup = new Startup(this.#control, host.clock, host.startupWaitMs);
    this.control = modelCommands(this.#control, cast, host.clock);
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
      return this.#invalidInput([{ path: '', message: 'the input schema threw' }], error, options, control, now);
    }
    if (isPromise(verdict)) return this.#checkedLater(input, verdict, now, options, control);
    return this.#checked(input, verdict, now, options, control);
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
    const learnt = this.#learners?.outcome(id, outcome, result, exposure, at);
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
    await learnt;
    return result;
  }

  status(): ModelStatus {
    return modelStatus(
      {
        model: this.name,
        cast: this.#cast,
        control: this.#control.snapshot,
        counters: this.#counters,
        shadows: this.#shadows,
        learners: this.#learners,
        outcomes: this.#outcomes,
        bus: this.#events.bus,
      },
      this.#host.clock.now(),
    );
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

  /** Hands over what is shared of decisions so far. */
  async handOver(): Promise<void> {
    await this.#learners?.share?.flush();
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

  // ---- the call path

  #checked(
    given: unknown,
    verdict: Verdict,
    now: number,
    options: PredictOptions | undefined,
    control: ControlSnapshot,
  ): Promise<AnyDecision> {
    if (verdict.issues !== undefined) return this.#invalidInput(problemsOf(verdict.issues), undefined, options, control, now);
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
    const prediction = new Prediction(this.#endings, verdict.value, unit, options, plan, control, now, deadline, caller);
    prediction.owned = verdict.value !== given;
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
    const context = { model: this.name, unit: prediction.unit, tenant: prediction.options?.tenant };
    const answer = givenVariant(assign, context, clock, (prediction.deadline - clock.now()) / 2);
    const given = isPromise(answer) ? await answer : answer;
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
    given: unknown,
    verdict: Promise<Verdict>,
    now: number,
    options: PredictOptions | undefined,
    control: ControlSnapshot,
  ): Promise<AnyDecision> {
    let settled: Verdict;
    // In flight: a predictor must not be called after its close.
    this.#counters.inFlight++;
    try {
      settled = await verdict;
    } catch (error) {
      this.#endings.ended();
      return this.#invalidInput([{ path: '', message: 'the input schema threw' }], error, options, control, now);
    }
    const decision = this.#checked(given, settled, now, options, control);
    this.#endings.ended();
    return decision;
  }

  // ---- how calls are refused

  #invalidInput(...refused: Parameters<CallEndings['invalidInput']>): Promise<never> {
    return rejectLater(this.#endings.invalidInput(...refused));
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

  async #close(): Promise<void> {
    await this.#endings.drained();
    await this.shadowsIdle();
    await this.#learners?.close();
    this.#control.close();
    await Promise.all([...this.#cast.variants.values()].map(async ({ predictor }) => predictor.close?.()));
  }
}
