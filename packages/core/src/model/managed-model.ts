import type { CommandListener } from '../control/control-snapshot.ts';
import { ModelControl } from '../control/model-control.ts';
import { type Validate, validator, type Verdict } from '../contract/validate.ts';
import { problemsError, UnderstudyError } from '../errors/index.ts';
import type { Listener } from '../events/event-bus.ts';
import type { AssignmentReason, ListenerType } from '../events/event.ts';
import { guardedPseudonym } from '../events/pseudonyms.ts';
import { joinSignals } from '../policies/join-signals.ts';
import { closedError, withinLimits } from '../policies/limits.ts';
import type { BucketRange } from '../routing/bucketing.ts';
import { DecisionIds, nameHash } from '../routing/decision-id.ts';
import type { RunningGuards } from '../guards/guard-runner.ts';
import type { Screened } from '../guards/guard-run.ts';
import { traceKind } from '../events/trace-context.ts';
import type { AdapterPredictor, AssignUnit, Command, ControlNote, TraceContext } from '../types/index.ts';
import { atOnce, expiresAt, isPromise, promised, rejectLater, WallTime } from '../time/index.ts';
import type { AnyContract, AnyOptions } from './any-definition.ts';
import { CallCounters } from './call-counters.ts';
import { CallCompletion } from './call-completion.ts';
import { VariantRouter, type VariantRouterListener } from './variant-router.ts';
import type { Decision } from './decision.ts';
import { commandRollout, guardRunnerOf, rolloutPlanOf } from './runners.ts';
import { externalAssignment, usable } from './external-assignment.ts';
import type { ModelDependencies } from './model-dependencies.ts';
import { CallObservers } from './call-observers.ts';
import type {
  Model,
  ModelCommands,
  Outcome,
  OutcomeResult,
  PredictManyOptions,
  PredictOptions,
  StreamCallOptions,
  Unit,
} from './model-api.ts';
import { modelCommands } from './model-commands.ts';
import { ModelEvents } from './model-events.ts';
import { ModelShadows } from './model-shadows.ts';
import { modelStatus } from './model-status.ts';
import { outcomeFacts, Outcomes } from './outcomes.ts';
import { Prediction } from './prediction.ts';
import { predictMany } from './predict-many.ts';
import { predictManyOptionsError, predictOptionsError, streamOptionsError, unitError } from './predict-options.ts';
import { Startup } from './startup.ts';
import type { ModelStatus } from './status.ts';
import type { ModelStream } from './stream-contract.ts';
import { type MakePrediction, streamRunnerOf } from './stream-runner.ts';

const DEFAULT_DEADLINE_MS = 10_000;
const DEFAULT_STREAM_DEADLINE_MS = 120_000;
const DEFAULT_WINDOW_MS = 90 * 24 * 3_600_000;

type AnyDecision = Decision<unknown, unknown>;

/** The composition of one model: contract, variants, tiers, routing, control, events; and the way of a call to its prediction. */
export class ManagedModel implements Model<unknown, unknown, unknown, unknown, string, string, unknown> {
  readonly name: string;
  readonly control: ModelCommands<string>;
  /** What it was defined with: `testModel` makes a copy of it. */
  readonly definition: { readonly contract: AnyContract; readonly options: AnyOptions };
  readonly #dependencies: ModelDependencies;
  readonly #options: AnyOptions;
  readonly #control: ModelControl;
  readonly #events: ModelEvents;
  readonly #router: VariantRouter;
  /** `undefined` where nothing learns from calls. */
  readonly #observers: CallObservers | undefined;
  readonly #shadows: ModelShadows;
  readonly #guards: RunningGuards | undefined;
  readonly #startup: Startup;
  readonly #outcomes: Outcomes;
  readonly #counters = new CallCounters();
  readonly #completion: CallCompletion;
  readonly #validateInput: Validate;
  readonly #defaultDeadlineMs: number;
  #closed: Promise<void> | undefined;
  /** Ends the drill that runs, where one does. */
  #rehearsal: (() => void) | undefined;

  constructor(contract: AnyContract, options: AnyOptions, ranges: readonly BucketRange[], dependencies: ModelDependencies) {
    const { name } = contract;
    this.name = name;
    this.#dependencies = dependencies;
    this.#options = options;
    this.definition = { contract, options };
    this.#validateInput = validator(contract.input);
    this.#defaultDeadlineMs = contract.stream === undefined ? DEFAULT_DEADLINE_MS : DEFAULT_STREAM_DEADLINE_MS;
    const validateOutput = validator(contract.output);
    const wallTime = new WallTime(dependencies.clock);
    const { pseudonyms } = dependencies;
    const ids = new DecisionIds(
      name,
      wallTime,
      dependencies.words,
      dependencies.signer,
      (error) => this.#events.callbackFailed('signer', error),
      pseudonyms?.fields.includes('unit') === true
        ? guardedPseudonym(pseudonyms, (error) => this.#events.callbackFailed('pseudonyms', error))
        : undefined,
    );
    const events = new ModelEvents(name, options.rollout?.challenger ?? '', dependencies, ids, wallTime);
    this.#events = events;
    const listener: VariantRouterListener = {
      changed: events.policyChanged,
      failed: events.callbackFailed,
      accept: (output, from, call) => this.#completion.accept(output, from, call),
      check: (output) => this.#completion.check(output),
    };
    const { stream } = contract;
    const streams = streamRunnerOf(stream);
    const router = new VariantRouter(
      name,
      options,
      ranges,
      dependencies,
      (...exposure) => ids.exposure(...exposure),
      listener,
      stream === undefined || streams === undefined ? undefined : (predictor) => streams.collecting(predictor, stream),
    );
    this.#router = router;
    const truth = contract.truth === undefined ? validateOutput : validator(contract.truth);
    const schemas = {
      truth,
      output: validateOutput,
      kpis: Object.keys(contract.kpis ?? {}),
      timeoutMs: options.deadlineMs ?? this.#defaultDeadlineMs,
      timers: dependencies.timers,
    };
    const windowMs = options.outcomes?.windowMs ?? DEFAULT_WINDOW_MS;
    this.#outcomes = new Outcomes(name, nameHash(name), ids, schemas, windowMs);
    const plan = rolloutPlanOf(options);
    this.#control = new ModelControl({
      model: name,
      variants: [...router.variants.keys()],
      champion: options.champion,
      store: dependencies.store,
      clock: dependencies.clock,
      authorize: dependencies.authorize,
      fourEyes: dependencies.fourEyes,
      refreshMs: dependencies.refreshMs,
      word: () => dependencies.words.word(),
      changed: this.#commanded,
      commandRollout: commandRollout(options, plan),
    });
    const learns = plan !== undefined || options.allocation !== undefined || (options.monitors ?? []).length > 0;
    if (learns)
      this.#observers = new CallObservers({
        contract,
        options,
        plan,
        router,
        control: this.#control,
        ids,
        wallTime,
        events,
        dependencies,
        windowMs,
      });
    const { clock, random, defer } = dependencies;
    if (options.guards !== undefined)
      this.#guards = guardRunnerOf(options)?.start(options.guards, name, { clock, random, defer, failed: events.callbackFailed });
    const [counters, observers] = [this.#counters, this.#observers];
    this.#completion = new CallCompletion(
      name,
      dependencies.clock,
      dependencies.timers,
      ids,
      counters,
      observers,
      events,
      validateOutput,
      this.#guards,
    );
    const accept = (output: unknown, from: string): unknown => this.#completion.accept(output, from);
    this.#shadows = new ModelShadows({ contract, options, router, observers: this.#observers, events, dependencies, accept });
    this.#startup = new Startup(this.#control, dependencies.clock, dependencies.startupWaitMs);
    this.control = modelCommands(this.#control, router, dependencies.clock);
  }

  predict(input: unknown, options?: PredictOptions): Promise<AnyDecision> {
    const wrong = options === undefined ? undefined : predictOptionsError(this.name, options);
    if (wrong !== undefined) return rejectLater(wrong);
    const decision = this.#call(input, options, undefined) as Promise<AnyDecision>;
    if (this.#dependencies.keeping === undefined) return decision;
    const until = this.#deadline(this.#dependencies.clock.now(), options);
    return decision.then((made) => this.#kept(made, until, options?.signal));
  }

  stream(input: unknown, options: StreamCallOptions = {}): ModelStream<unknown, AnyDecision> {
    const { stream: contract, name } = this.definition.contract;
    const runner = streamRunnerOf(contract);
    if (contract === undefined || runner === undefined)
      throw problemsError('CONFIGURATION_INVALID', `The contract of model "${name}"`, [
        { path: 'contract.stream', message: 'expected textStream() or chunkStream(): without it answers have no chunks' },
      ]);
    const { '~text': text } = contract;
    const guarded = this.#guards?.checksOutputs === true;
    const { keeping, clock } = this.#dependencies;
    const until = keeping === undefined ? 0 : this.#deadline(clock.now(), options);
    const screen = guarded && text !== undefined ? this.#guards?.streamScreens(text) : undefined;
    return runner.start(
      {
        name,
        contract,
        options: this.#options.stream ?? {},
        guarded: guarded && screen === undefined,
        screen,
        begin: (given, callOptions, make) => this.#call(given, callOptions, make),
        kept: (decision) => (keeping === undefined ? decision : this.#kept(decision, until, options.signal)),
        failed: (callback, error) => this.#events.callbackFailed(callback, error),
        wrong: (given) => streamOptionsError(name, given),
      },
      input,
      options,
    );
  }

  /** @param make the prediction, where it is none of `predict` */
  #call(input: unknown, options: PredictOptions | undefined, make: MakePrediction | undefined): Promise<unknown> {
    if (this.#closed !== undefined || this.#dependencies.closed()) return rejectLater(this.#closedError());
    if (options !== undefined) {
      if (options.force !== undefined && !this.#router.variants.has(options.force))
        return rejectLater(this.#router.unknown(options.force));
    }
    const now = this.#dependencies.clock.now();
    this.#control.touch(now);
    this.#observers?.touch();
    if (!this.#control.snapshot.known && !this.#startup.isOver) return this.#afterStartup(input, options, make, now);
    return this.#begin(input, options, make, now);
  }

  async predictMany(
    inputs: readonly unknown[],
    options: PredictManyOptions<unknown> = {},
  ): Promise<readonly PromiseSettledResult<AnyDecision>[]> {
    const wrong = predictManyOptionsError(this.name, options);
    if (wrong !== undefined) throw wrong;
    if (!Array.isArray(inputs))
      throw problemsError('INPUT_INVALID', `The call of predictMany() of model "${this.name}"`, [
        { path: 'inputs', message: 'expected a list of inputs' },
      ]);
    const champion = this.#router.variant(this.#options.champion);
    return predictMany(inputs, options, {
      predict: (input, each) => this.predict(input, each),
      capacity: () => champion.executor.capacity,
      batchSize: champion.batch?.maxSize ?? 1,
      failed: (error) => this.#events.callbackFailed('onProgress', error),
    });
  }

  async recordOutcome(id: string, given: Outcome<unknown, unknown, unknown, string>): Promise<OutcomeResult> {
    const at = this.#dependencies.clock.wall();
    const { kind, outcome, result: found, exposure } = await this.#outcomes.record(id, given, at);
    const isScored = (await this.#observers?.outcome(id, outcome, found, exposure, at)) ?? true;
    const result = isScored ? found : 'unscored';
    this.#outcomes.count(result);
    this.#events.outcome({
      decisionId: id,
      kind,
      result,
      ...(exposure === undefined
        ? {}
        : {
            assigned: this.#router.nameOf(exposure.assignedHash),
            servedBy: this.#router.nameOf(exposure.servedHash),
            tier: exposure.tier,
            probability: exposure.probability,
            delayMs: Math.max(0, at - exposure.at),
          }),
      ...outcomeFacts(outcome),
    });
    return result;
  }

  status(): ModelStatus {
    return modelStatus(
      {
        model: this.name,
        router: this.#router,
        control: this.#control,
        counters: this.#counters,
        shadows: this.#shadows,
        observers: this.#observers,
        guards: this.#guards,
        outcomes: this.#outcomes,
        bus: this.#events.bus,
        callbacks: this.#events.callbacks,
      },
      this.#dependencies.clock.now(),
    );
  }

  assignmentOf(unit: Unit): { readonly variant: string; readonly probability: number; readonly reason: AssignmentReason } {
    const wrong = unitError(this.name, unit);
    if (wrong !== undefined) throw wrong;
    const { variant, probability, reason: by } = this.#router.assignmentOf(String(unit), this.#control.snapshot);
    return { variant, probability, reason: by };
  }

  on<E extends ListenerType>(type: E, listener: Listener<E>): () => void {
    return this.#events.bus.on(type, listener);
  }

  /** Reads the control document: `ready()` waits for it. */
  async load(): Promise<void> {
    await this.#control.refresh();
    await this.#observers?.load();
  }

  /** Hands over what is shared of decisions so far. */
  async handOver(): Promise<void> {
    await this.#observers?.sharing?.flush();
  }

  /** Resolves when no shadow and no judgement waits or runs. */
  async shadowsIdle(): Promise<void> {
    await this.#shadows.idle();
    await this.#guards?.idle();
  }

  /**
   * Puts another predictor in the place of a variant's until the function that it returns is called. Authorised and told as a command is. One at
   * a time: two would take each other's faults for failures.
   *
   * @param closing called when the model closes meanwhile
   * @throws UnderstudyError `FORBIDDEN`, `UNKNOWN_VARIANT`, `INPUT_INVALID` for a note that says too little, `CONTROL_CONFLICT` while another one
   * runs, `CLOSED`
   */
  async rehearse(
    name: string,
    note: ControlNote,
    wrap: (predictor: AdapterPredictor) => AdapterPredictor,
    closing: () => void,
  ): Promise<(note: ControlNote) => void> {
    if (this.#closed !== undefined || this.#dependencies.closed()) throw this.#closedError();
    const command: Command = { kind: 'drill', model: this.name, variant: name };
    const told = (by: ControlNote): void => this.#events.commanded(command, by, 'obeyed', this.#control.snapshot.version);
    await this.#control.authorized(command, note);
    const variant = this.#router.variant(name);
    if (this.#rehearsal !== undefined)
      throw new UnderstudyError(
        'CONTROL_CONFLICT',
        `A drill of model "${this.name}" runs already in this process: wait until it is over.`,
        {
          details: { model: this.name },
          retryable: true,
        },
      );
    if (this.#closed !== undefined) throw this.#closedError();
    const { predictor } = variant;
    variant.predictor = wrap(predictor);
    this.#rehearsal = closing;
    told(note);
    return (end) => {
      variant.predictor = predictor;
      this.#rehearsal = undefined;
      told(end);
    };
  }

  close(): Promise<void> {
    this.#rehearsal?.();
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- the call path

  /** The decision, when the sinks that calls wait for have kept it; at its deadline all the same. */
  async #kept(decision: AnyDecision, until: number, caller: AbortSignal | undefined): Promise<AnyDecision> {
    const keeping = this.#dependencies.keeping?.(decision.id);
    if (keeping === undefined) return decision;
    const { how } = await withinLimits(keeping.kept, until, caller, this.#dependencies.timers);
    if (how !== 'value') keeping.late();
    if (how === 'aborted') throw caller?.reason;
    return decision;
  }

  /** A call that came before the control document is known. Its own time runs meanwhile. */
  async #afterStartup(
    input: unknown,
    options: PredictOptions | undefined,
    make: MakePrediction | undefined,
    now: number,
  ): Promise<unknown> {
    this.#counters.inFlight++;
    const until = this.#deadline(now, options);
    const { how } = await withinLimits(this.#startup.wait(), until, options?.signal, this.#dependencies.timers);
    const decision =
      how === 'closed'
        ? rejectLater(this.#closedError())
        : this.#begin(input, options, make, now, this.#dependencies.clock.now());
    this.#completion.ended();
    return decision;
  }

  /** @param startedAt when its time began */
  #begin(
    input: unknown,
    options: PredictOptions | undefined,
    make: MakePrediction | undefined,
    startedAt: number,
    now = startedAt,
  ): Promise<unknown> {
    const control = this.#control.snapshot;
    this.#counters.total++;
    this.#counters.inFlight++;
    let [unit, caller, release]: [string, AbortSignal | undefined, (() => void) | undefined] = ['', undefined, undefined];
    let force: string | undefined;
    if (options !== undefined) {
      const { within, signal } = options;
      force = options.force;
      unit = options.unit === undefined ? '' : String(options.unit);
      const joined = signal === undefined || within === undefined ? undefined : joinSignals(signal, within.signal);
      caller = joined?.signal ?? signal ?? within?.signal;
      release = joined?.release;
    }
    const plan = this.#router.planFor(unit, force, control);
    const deadline = this.#deadline(startedAt, options);
    const prediction =
      make === undefined
        ? new Prediction(this.#completion, undefined, unit, options, plan, control, startedAt, deadline, caller)
        : make(this.#completion, undefined, unit, options, plan, control, startedAt, deadline, caller);
    prediction.release = release;
    prediction.trace = this.#trace(options);
    const verdict = this.#validateInput(input);
    if (isPromise(verdict)) return this.#checkedLater(prediction, verdict);
    prediction.owned = verdict.value !== input;
    return this.#checked(prediction, verdict, now);
  }

  #checked(prediction: Prediction, verdict: Verdict, now: number): Promise<unknown> {
    if (verdict.problems !== undefined) {
      const isRescued = verdict.fault && prediction.plan.steps.some(({ tier }) => tier === 'always');
      if (!isRescued) return rejectLater(this.#completion.invalidInput(prediction, verdict, now));
      return this.#withoutInput(
        prediction,
        problemsError('INPUT_INVALID', `The input of model "${this.name}"`, verdict.problems, verdict.cause),
        now,
      );
    }
    prediction.input = verdict.value;
    if (this.#guards === undefined) return this.#assigned(prediction, now);
    const screened = this.#guards.input(verdict.value);
    return isPromise(screened) ? this.#screenedLater(prediction, screened) : this.#screened(prediction, screened, now);
  }

  /** A guard that stops an input keeps it from every model, shadows included: rules and fixed outputs may serve. */
  #screened(prediction: Prediction, { value, stop }: Screened, now: number): Promise<unknown> {
    if (value !== prediction.input) prediction.owned = true;
    prediction.input = value;
    if (stop === undefined) return this.#assigned(prediction, now);
    prediction.blocked = stop;
    return Promise.resolve(prediction.proceed(now));
  }

  /** Asynchronous guards have the call's time, and no longer. */
  async #screenedLater(prediction: Prediction, screened: Promise<Screened>): Promise<unknown> {
    const { deadline, caller, startedAt } = prediction;
    const ended = await withinLimits(screened, deadline, caller, this.#dependencies.timers);
    const now = this.#dependencies.clock.now();
    if (ended.how === 'value') return this.#screened(prediction, ended.value as Screened, now);
    if (ended.how !== 'time') return this.#given(prediction, ended.how, now);
    const limitMs = Math.ceil(deadline - 1 - startedAt);
    const message = `The input guards of model "${this.name}" gave no answer within ${limitMs} ms: make them faster, or raise deadlineMs.`;
    const details = { model: this.name, scope: 'guards', limitMs };
    const stop = new UnderstudyError('TIMEOUT', message, { retryable: true, details });
    return this.#screened(prediction, { value: prediction.input, stop, isFinal: true }, now);
  }

  #assigned(prediction: Prediction, now: number): Promise<unknown> {
    const { assign } = this.#options;
    if (assign !== undefined && prediction.options?.force === undefined && prediction.control.document.pinned === null)
      return this.#proceedAsGiven(assign, prediction);
    return this.#proceed(prediction, now);
  }

  /** An asynchronous input contract has the call's time, and no longer. */
  async #checkedLater(prediction: Prediction, verdict: Promise<Verdict>): Promise<unknown> {
    const { deadline, caller, startedAt } = prediction;
    const ended = await withinLimits(verdict, deadline, caller, this.#dependencies.timers);
    const now = this.#dependencies.clock.now();
    if (ended.how === 'value') return this.#checked(prediction, ended.value as Verdict, now);
    if (ended.how !== 'time') return this.#given(prediction, ended.how, now);
    const limitMs = Math.ceil(deadline - 1 - startedAt);
    const message = `The input contract of model "${this.name}" gave no answer within ${limitMs} ms: make it faster, or raise deadlineMs.`;
    const error = new UnderstudyError('TIMEOUT', message, {
      retryable: true,
      details: { model: this.name, scope: 'input', limitMs },
    });
    return this.#withoutInput(prediction, error, now);
  }

  /** The contract could say nothing of the input: only a fixed output can serve. */
  #withoutInput(prediction: Prediction, error: UnderstudyError, now: number): Promise<unknown> {
    prediction.inputFault = error;
    return Promise.resolve(prediction.proceed(now));
  }

  /** Nobody waits for the call any longer. */
  #given(prediction: Prediction, how: 'aborted' | 'closed' | 'error', now: number): Promise<never> {
    const error: unknown = how === 'aborted' ? prediction.caller?.reason : closedError(`Model "${this.name}"`);
    this.#completion.cancelled(prediction, error, now);
    return rejectLater(error);
  }

  #proceed(prediction: Prediction, now: number): Promise<unknown> {
    this.#observers?.began(prediction);
    if (this.#shadows.any) this.#shadows.launch(prediction);
    return Promise.resolve(prediction.proceed(now));
  }

  /** Asks the option `assign` first; without an answer in half of the call's time our own assignment stands. */
  async #proceedAsGiven(assign: AssignUnit, prediction: Prediction): Promise<unknown> {
    const { clock, timers } = this.#dependencies;
    const fault = (error: unknown): void => this.#events.callbackFailed('assign', error);
    const context = { model: this.name, unit: prediction.unit, tenant: prediction.options?.tenant };
    let given = externalAssignment(assign, context, fault);
    if (isPromise(given)) {
      const asked = clock.now();
      const ended = await withinLimits(given, asked + (prediction.deadline - asked) / 2, prediction.caller, timers);
      if (ended.how === 'aborted' || ended.how === 'closed') return this.#given(prediction, ended.how, clock.now());
      if (ended.how === 'error') fault(ended.error);
      given = ended.how === 'value' ? usable(ended.value, fault) : undefined;
    }
    if (given !== undefined && this.#router.variants.has(given.variant))
      prediction.plan = this.#router.planGiven(given.variant, given.probability ?? 1);
    return this.#proceed(prediction, clock.now());
  }

  /** What the call says goes first, then what the code that calls is part of, then the call around it. */
  #trace(options: PredictOptions | undefined): TraceContext | undefined {
    if (options?.trace !== undefined) return options.trace;
    const { traceContext } = this.#dependencies;
    const active = traceContext === undefined ? undefined : this.#activeTrace(traceContext);
    if (active !== undefined) return active;
    const around = options?.within?.trace;
    // A call of somebody else's may say anything.
    return around !== undefined && traceKind(around) === undefined ? around : undefined;
  }

  /** A call must not fail for its trace. */
  #activeTrace(traceContext: () => TraceContext | undefined): TraceContext | undefined {
    try {
      const trace = atOnce(traceContext()) as TraceContext | undefined;
      if (trace === undefined || traceKind(trace) === undefined) return trace;
      throw new TypeError('It answered no { traceparent, tracestate } of W3C Trace Context.');
    } catch (error) {
      this.#events.callbackFailed('traceContext', error);
      return undefined;
    }
  }

  #deadline(now: number, options: PredictOptions | undefined): number {
    const own = options?.deadlineMs ?? this.#options.deadlineMs ?? this.#defaultDeadlineMs;
    return expiresAt(now, options?.within === undefined ? own : Math.min(own, options.within.remainingMs));
  }

  /** A command changes what calls read at once; the rollout tells its own transitions. */
  readonly #commanded: CommandListener = (command, note, result, version, first) => {
    this.#events.commanded(command, note, result, version, first);
    const state = this.#control.snapshot.document.rollout;
    const transition = state?.history.at(-1);
    if (result === 'obeyed' && command.kind.startsWith('rollout-') && state !== null && transition !== undefined)
      this.#events.rolloutChanged(state, transition, version);
  };

  #closedError(): UnderstudyError {
    return new UnderstudyError('CLOSED', `Model "${this.name}" has been closed: define it again to call it.`, {
      details: { model: this.name },
    });
  }

  async #close(): Promise<void> {
    await this.#completion.drained();
    await this.shadowsIdle();
    await this.#observers?.close();
    this.#control.close();
    this.#router.close();
    await Promise.all([...this.#router.variants.values()].map(async ({ predictor }) => promised(() => predictor.close?.())));
  }
}
