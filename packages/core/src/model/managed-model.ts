import { type CommandListener, type ControlSnapshot, ModelControl } from '../control/index.ts';
import { problemsOf, type Validate, validator, type Verdict } from '../contract/validate.ts';
import { problemsError, UnderstudyError } from '../errors/index.ts';
import type { AssignmentReason, EventType, Listener } from '../events/index.ts';
import { isPromise, rejectLater } from '../policies/index.ts';
import type { ManagedAllocation, ManagedRollout } from '../rollout/index.ts';
import {
  type BucketRange,
  type Comparator,
  DecisionIds,
  nameHash,
  type RolloutCell,
  settleTickets,
  type ShadowResult,
  stemKey,
} from '../routing/index.ts';
import type { AssignUnit, Command, DecisionFact, GivenVariant } from '../spec/index.ts';
import { expiresAt, type TimerHandle, WallTime } from '../time/index.ts';
import { CallCounters } from './call-counters.ts';
import { callFact } from './call-fact.ts';
import { Cast, rolloutPair } from './cast.ts';
import type { AnyContract, AnyOptions } from './any-definition.ts';
import { DecisionRecord } from './decision-record.ts';
import { nothingServed, reasonOf, unservedReason } from './endings.ts';
import { rolloutEngineOf, startAllocationOf } from './engines.ts';
import type { Host } from './host.ts';
import type { Model, ModelCommands, Outcome, OutcomeResult, PredictManyOptions, PredictOptions } from './model-api.ts';
import { modelCommands } from './model-commands.ts';
import { ModelEvents } from './model-events.ts';
import type { RunningMonitors } from '../monitors/index.ts';
import { monitoredOutcome, monitorSetting } from './monitored.ts';
import { outcomeFacts, Outcomes } from './outcomes.ts';
import type { Plan, Step, Variant } from './plan.ts';
import { Prediction, type PredictionOwner } from './prediction.ts';
import { predictMany } from './predict-many.ts';
import { defaultComparator, Shadow } from './shadows.ts';
import type { ModelStatus, VariantStatus } from './status.ts';
import type { Decision } from './decision.ts';

const DEFAULT_DEADLINE_MS = 10_000;
const REMEMBERED_DECISIONS = 10_000;
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
  readonly #wallTime: WallTime;
  readonly #ids: DecisionIds;
  readonly #events: ModelEvents;
  readonly #cast: Cast;
  readonly #shadows: readonly Shadow[];
  readonly #rollout: ManagedRollout | undefined;
  readonly #allocation: ManagedAllocation | undefined;
  readonly #monitors: RunningMonitors | undefined;
  /** Asks the champion beside what serves while the model is paused, for the monitors alone. */
  readonly #standIn: Shadow | undefined;
  /** Shadows the challenger while its rollout is in shadow. */
  readonly #rehearsal: Shadow | undefined;
  readonly #outcomes: Outcomes;
  readonly #counters = new CallCounters();
  readonly #validateInput: Validate;
  readonly #validateOutput: Validate;
  readonly #unitHash = (unit: string): string => this.#ids.unitHash(unit);
  #startup: Promise<void> | undefined;
  #startupOver = false;
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
    this.#wallTime = wallTime;
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
    const compare = defaultComparator(contract.target);
    this.#shadows = Object.entries(options.shadow ?? {}).map(([variant, shadow]) => {
      const accept = (output: unknown): unknown => this.accept(output, variant);
      return new Shadow(name, this.#cast.variant(variant), shadow ?? {}, compare, accept, host, this.#events.shadowCompared);
    });
    this.#rehearsal = this.#makeRehearsal(compare, host);
    const truth = contract.truth === undefined ? this.#validateOutput : validator(contract.truth);
    const schemas = { truth, output: this.#validateOutput, kpis: Object.keys(contract.kpis ?? {}) };
    const windowMs = options.outcomes?.windowMs ?? DEFAULT_WINDOW_MS;
    this.#outcomes = new Outcomes(name, nameHash(name), this.#ids, schemas, windowMs);
    const engine = rolloutEngineOf(options);
    const plan = options.rollout === undefined ? undefined : engine?.plan(options.rollout, rolloutPair(options) ?? '');
    this.#control = new ModelControl({
      model: name,
      variants: [...this.#cast.variants.keys()],
      champion: options.champion,
      store: host.store,
      clock: host.clock,
      authorize: host.authorize,
      refreshMs: host.refreshMs,
      changed: this.#commanded,
      commandRollout: (state, command, note, at) => {
        if (engine === undefined || plan === undefined) throw noRollout(command);
        return engine.command(plan, state, command, note, at);
      },
    });
    const challenger = plan === undefined ? undefined : this.#cast.variant(plan.challenger);
    if (plan !== undefined && challenger !== undefined) {
      this.#rollout = engine?.start({
        model: name,
        plan,
        champion: options.champion,
        championHash: this.#cast.variant(options.champion).hash,
        challengerHash: challenger.hash,
        challengerVersion: challenger.version,
        control: this.#control,
        store: host.store,
        clock: host.clock,
        word: () => host.words.word(),
        everyMs: host.refreshMs,
        better: (kpi) => contract.kpis?.[kpi]?.better ?? 'higher',
        changed: this.#events.rolloutChanged,
      });
    }
    this.#allocation = this.#makeAllocation();
    this.#monitors = this.#startMonitors();
    this.#standIn = this.#makeStandIn(compare);
    this.control = modelCommands(this.#control, this.#cast, host.clock);
  }

  predict(input: unknown, options?: PredictOptions): Promise<AnyDecision> {
    if (this.#closed !== undefined || this.#host.closed()) return rejectLater(this.#closedError());
    const now = this.#host.clock.now();
    this.#control.touch(now);
    this.#rollout?.touch();
    this.#allocation?.touch();
    const control = this.#control.snapshot;
    if (!control.known && !this.#startupOver) return this.#afterStartup(input, options);
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
    // Anybody could make an id without a key: its outcome is told, and decides nothing.
    if (this.#rollout !== undefined && exposure?.keyed === true && result === 'counted') {
      this.#rollout.outcome({
        id,
        exposure,
        at,
        ...('truth' in outcome ? { truth: { value: outcome.truth }, decision: outcome.decision } : {}),
        ...('kpi' in outcome ? { kpi: outcome.kpi } : {}),
      });
    }
    if (result === 'counted') this.#monitors?.outcome(stemKey(id), monitoredOutcome(outcome, at));
    if ('kpi' in outcome && exposure?.keyed === true && result === 'counted')
      this.#allocation?.outcome(id, exposure, outcome.kpi);
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
    const rollout = this.#rollout?.status();
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
      ...(this.#monitors === undefined ? {} : { monitoring: this.#monitors.status() }),
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
    await this.#rollout?.sync();
    await this.#monitors?.sync();
  }

  /** Resolves when no shadow waits or runs. */
  async shadowsIdle(): Promise<void> {
    const shadows = [...this.#shadows, this.#rehearsal, this.#standIn];
    await Promise.all(shadows.flatMap((shadow) => (shadow === undefined ? [] : [shadow.idle()])));
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
    const { cell, by, variant } = prediction.plan.assignment;
    if (by === 'split') this.#allocation?.decided(variant, first);
    if (cell !== undefined && prediction.control.known) {
      if (first) this.#rollout?.remember(id, prediction.input, output);
      this.#count(cell, prediction, output, first, now);
    }
    const server = step.variant ?? step.fixed;
    if (server !== undefined) server.served++;
    this.#counters.countServed(step.tier, degraded, now - prediction.startedAt);
    if (prediction.shadow !== undefined) {
      settleTickets(prediction.shadow, id, first && step.variant !== undefined, output);
    }
    if (this.#monitors !== undefined) this.#observe(prediction, id, key, output, step, now);
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
    const { cell, by, variant } = prediction.plan.assignment;
    if (by === 'split') this.#allocation?.decided(variant, false);
    if (cell !== undefined && prediction.control.known) this.#count(cell, prediction, undefined, false, now);
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
    if (this.#shadows.length > 0 || this.#rehearsal !== undefined || this.#standIn !== undefined)
      this.#launchShadows(prediction, prediction.plan);
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

  #launchShadows(prediction: Prediction, plan: Plan): void {
    for (const shadow of this.#shadows) {
      if (shadow.variant.name === plan.assignment.variant || prediction.control.document.isolated.includes(shadow.variant.name))
        continue;
      prediction.shadow = shadow.launch(prediction.input, prediction.unit, prediction.shadow);
    }
    const rehearsal = this.#rehearsal;
    const { document } = prediction.control;
    if (document.paused && this.#standIn !== undefined)
      prediction.shadow = this.#standIn.launch(prediction.input, '', prediction.shadow);
    if (rehearsal === undefined || plan.assignment.variant !== this.#cast.champion) return;
    if (this.#rollout?.current(document)?.phase !== 'shadow' || document.isolated.includes(rehearsal.variant.name)) return;
    prediction.shadow = rehearsal.launch(prediction.input, prediction.unit, prediction.shadow);
  }

  #makeRehearsal(compare: Comparator<unknown>, host: Host): Shadow | undefined {
    const { rollout, shadow } = this.#options;
    if (rollout?.shadow === undefined) return undefined;
    const variant = this.#cast.variant(rollout.challenger);
    const options = { ...shadow?.[rollout.challenger], ...rollout.shadow };
    const accept = (output: unknown): unknown => this.accept(output, variant.name);
    return new Shadow(this.name, variant, options, compare, accept, host, (result) => {
      this.#events.shadowCompared(result);
      this.#paired(result);
    });
  }

  #makeAllocation(): ManagedAllocation | undefined {
    const { allocation, champion, split } = this.#options;
    if (allocation === undefined) return undefined;
    const { reward } = allocation;
    const names = [champion, ...Object.keys(split ?? {}).filter((name) => name !== champion)];
    const kpi = reward === 'served' ? undefined : this.definition.contract.kpis?.[reward.kpi];
    return startAllocationOf(this.#options)?.({
      model: this.name,
      allocation,
      lowerIsBetter: kpi?.better === 'lower',
      arms: names.map((name) => ({ name, hash: this.#cast.variant(name).hash })),
      control: this.#control,
      store: this.#host.store,
      clock: this.#host.clock,
      random: this.#host.random,
      word: () => this.#host.words.word(),
      everyMs: this.#host.refreshMs,
    });
  }

  #startMonitors(): RunningMonitors | undefined {
    const { monitors = [], champion } = this.#options;
    const startAll = monitors[0]?.startAll;
    if (startAll === undefined) return undefined;
    const { clock, random, store, refreshMs, words } = this.#host;
    const { version } = this.#cast.variant(champion);
    const { monitorChanged, alertRaised, retrainRequested } = this.#events;
    return startAll(monitors, {
      setting: { ...monitorSetting(this.definition.contract, this.#options), clock, random },
      control: this.#control,
      store,
      clock,
      word: () => words.word(),
      everyMs: refreshMs,
      remembered: this.#options.outcomes?.remembered ?? REMEMBERED_DECISIONS,
      changed: ({ name, kind }, from, to, reading) => monitorChanged({ monitor: name, kind, from, to, reading }),
      breached: (what, { name, kind, onBreach }, readings, since) => {
        const facts = { monitor: name, kind, reason: readings[0]?.reason ?? '', readings };
        const actions = onBreach.map((action) => (typeof action === 'function' ? 'function' : action));
        if (what === 'alert') alertRaised({ ...facts, since, actions: actions.filter((action) => action !== 'alert') });
        else retrainRequested({ ...facts, champion, version });
      },
    });
  }

  #makeStandIn(compare: Comparator<unknown>): Shadow | undefined {
    const sampleRate = this.#monitors?.pausedSampleRate ?? 0;
    const variant = this.#cast.variant(this.#options.champion);
    if (sampleRate === 0 || variant.effects === 'once') return undefined;
    const accept = (output: unknown): unknown => this.accept(output, variant.name);
    return new Shadow(this.name, variant, { sampleRate }, compare, accept, this.#host, (result) => {
      if (result.errorType !== undefined) return;
      const { decisionId: id, input, output, durationMs } = result;
      const { name: servedBy, version } = variant;
      const at = this.#host.clock.wall();
      const fact = { id, input, output, tier: 'model', servedBy, version, durationMs, at, probability: sampleRate } as const;
      this.#monitors?.observe(fact, stemKey(id));
    });
  }

  #observe(prediction: Prediction, id: string, key: number, output: unknown, step: Step | undefined, now: number): void {
    const fact: DecisionFact = {
      id,
      input: prediction.input,
      output,
      tier: step?.tier ?? 'none',
      servedBy: step?.name ?? '',
      version: step?.servedBy.version ?? '',
      durationMs: now - prediction.startedAt,
      at: Math.floor(this.#wallTime.at(now)),
      probability: 1,
    };
    this.#monitors?.observe(fact, key);
  }

  #paired({ agrees, decisionId: id, unit, input, served, output: shadow }: ShadowResult): void {
    if (agrees !== null) this.#rollout?.paired({ id, unit, input, served, shadow, agrees });
  }

  #count(cell: RolloutCell, prediction: Prediction, output: unknown, served: boolean, now: number): void {
    const { unit } = prediction;
    const word = unit === '' ? 0 : this.#ids.unitWord(unit);
    if (unit !== '' && this.#rollout?.knows(cell, word) === true) return;
    const fact = callFact(prediction, output, served, now);
    if (fact !== undefined) this.#rollout?.decided(cell, unit, word, this.#unitHash, fact);
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

  /** A call before the control document is known waits for it, but not for long; then it serves as declared, marked unknown. */
  async #afterStartup(input: unknown, options: PredictOptions | undefined): Promise<AnyDecision> {
    const { clock, startupWaitMs } = this.#host;
    if (this.#startup === undefined) {
      const over = Promise.withResolvers<void>();
      this.#startup = over.promise;
      const timer = clock.schedule(over.resolve, startupWaitMs, false);
      void this.#control.refresh().finally(() => {
        clock.cancel(timer);
        over.resolve();
      });
    }
    await this.#startup;
    this.#startupOver = true;
    return this.predict(input, options);
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
    if (outcome === 'failed' && this.#monitors !== undefined)
      this.#observe(prediction, id, stemKey(id), undefined, undefined, now);
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
    this.#monitors?.invalidInput(
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
    const shadow = this.#shadows.find((one) => one.variant === variant);
    const challenges = shadow !== undefined || this.#cast.isChallenger(name);
    return {
      version,
      role: name === this.#cast.champion ? 'champion' : challenges ? 'challenger' : 'fallback',
      share: this.#cast.shareOf(name, this.#control.snapshot),
      isolated: this.#control.snapshot.document.isolated.includes(name),
      served,
      failures,
      policies: executor.snapshot(now),
      ...(shadow === undefined ? {} : { shadow: shadow.status() }),
    };
  }

  async #close(): Promise<void> {
    if (this.#counters.inFlight > 0) {
      await new Promise<void>((done) => {
        this.#drained = done;
      });
    }
    await this.shadowsIdle();
    await this.#rollout?.close();
    await this.#allocation?.close();
    await this.#monitors?.close();
    this.#control.close();
    await Promise.all([...this.#cast.variants.values()].map(async ({ predictor }) => predictor.close?.()));
  }
}

function noRollout({ kind, model }: Command): UnderstudyError {
  return new UnderstudyError(
    'CONTROL_CONFLICT',
    `${kind} of model "${model}" changes nothing: it has no rollout in this release. Look at status().rollout.`,
    { details: { model } },
  );
}
