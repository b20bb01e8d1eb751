import type { FourEyes } from '../control/control-snapshot.ts';
import { guardedStore } from '../control/guarded-store.ts';
import { memoryStore } from '../control/memory-store.ts';
import {
  checkOptions,
  type Kinds,
  msOrNever,
  either,
  oneOf,
  problemsError,
  problemsUnder,
  UnderstudyError,
} from '../errors/index.ts';
import type { Listener } from '../events/event-bus.ts';
import type { ListenerType } from '../events/event.ts';
import type { SinkStatus } from '../events/sink-queue.ts';
import { Telemetry } from '../events/telemetry.ts';
import type { AnyContract, AnyOptions } from '../model/any-definition.ts';
import { copyOf } from '../policies/copy-of.ts';
import type { ManagedModel } from '../model/managed-model.ts';
import type { ModelCommands } from '../model/model-api.ts';
import type { ModelDependencies } from '../model/model-dependencies.ts';
import type { ModelStatus } from '../model/status.ts';
import { SharedState } from '../policies/compose.ts';
import { RandomWords } from '../routing/random-words.ts';
import type { Defer } from '../routing/shadow.ts';
import type { CommandKind } from '../types/index.ts';
import { atOnce, systemClock, TimerQueue, withTimeout } from '../time/index.ts';
import { type CompanionParts, companionParts, type WithCompanions } from './companion.ts';
import type { DefineModel } from './define-model.ts';
import { deferByTimer, REFRESH_MS, STARTUP_WAIT_MS } from './default-dependencies.ts';
import { ModelRegistry } from './model-registry.ts';
import { readUnderstudyOptions, type UnderstudyOptions } from './understudy-options.ts';

/** A model with the types of its contract erased: what can be seen and commanded without them. */
export interface DefinedModel {
  readonly name: string;
  status(): ModelStatus;
  /** Commands of operators, such as `pause` and `rollBack`: each says who and why. */
  readonly control: ModelCommands<string>;
}

/** What a platform team shares between models: sinks, store, policies, authorisation. */
export interface Understudy extends AsyncDisposable {
  readonly application: string | undefined;
  readonly environment: string | undefined;
  /** Defines a model of this runtime, as `defineModel()` of the package does in the default one. */
  readonly defineModel: DefineModel;
  /** The models that were defined, by name. */
  readonly models: ReadonlyMap<string, DefinedModel>;
  /**
   * Loads the control documents of all models. It resolves at the latest after `timeoutMs` (5,000), whether or not the store answered:
   * `status().models[…].control.known` says so. It never rejects.
   */
  ready(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Resolves when everything that was queued for sinks before has been delivered or counted as lost; rejects with `TIMEOUT` after `timeoutMs`. */
  flush(options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * New calls are refused with `CLOSED`; calls in flight end; then shadows, queues, sinks, predictors and the store are closed.
   * Calls have two thirds of `timeoutMs`: those still in flight then are aborted and reject with `CLOSED`, and their events are
   * told. Sinks have what is left: what they have not delivered then is counted as lost. A second call returns the first one's promise.
   * `Infinity` waits for everything.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Subscribes to an event of every model; returns what ends that. */
  on<E extends ListenerType>(type: E, listener: Listener<E>): () => void;
  /** What sinks have queued, delivered and lost, and the status of each model. */
  status(): { readonly sinks: readonly SinkStatus[]; readonly models: readonly ModelStatus[] };
}

const READY_MS = 5000;
const FLUSH_MS = 5000;
const CLOSE_MS = 10_000;
const FREEZE_MS = 10_000;

/** The share of the time of `close()` that calls in flight may have: the rest is for the sinks. */
const CALLS_SHARE = 2 / 3;

/** How work is deferred past the current turn on a platform that is to be told of it. */
function deferByPlatform(waitUntil: NonNullable<UnderstudyOptions['waitUntil']>): Defer {
  return (task, idle) => {
    const work = Promise.resolve().then(task).then(idle);
    try {
      atOnce(waitUntil(work));
    } catch {
      // A platform that takes no more work: it goes on while it can, and a call fails for nothing.
      void work.catch(() => undefined);
    }
  };
}

/** What remembers the first of two persons is loaded with the first command that needs it. */
function fourEyesFor(kinds: readonly CommandKind[]): FourEyes {
  return {
    needs: ({ kind }) => kinds.includes(kind),
    first: async (...command) => (await import('../control/four-eyes.ts')).firstPerson(...command),
  };
}

/** The user's source of randomness; what it throws, and what is not in [0, 1), is replaced by the platform's. */
function guarded(random: () => number): () => number {
  return () => {
    try {
      const draw = atOnce(random());
      if (typeof draw === 'number' && draw >= 0 && draw < 1) return draw;
    } catch {
      // A call must not fail for the randomness of a jitter.
    }
    return Math.random();
  };
}

export class ManagedUnderstudy implements Understudy, WithCompanions {
  readonly application: string | undefined;
  readonly environment: string | undefined;
  readonly defineModel: DefineModel;
  readonly '~companion': CompanionParts;
  readonly #telemetry: Telemetry;
  readonly #dependencies: ModelDependencies;
  readonly #registry: ModelRegistry;
  #closing: Promise<void> | undefined;

  constructor(given: UnderstudyOptions) {
    const options = readUnderstudyOptions(given);
    const { clock = systemClock, store = memoryStore(), waitUntil, random } = options;
    this.application = options.application;
    this.environment = options.environment;
    const draw = random === undefined ? Math.random : guarded(random);
    this.#telemetry = new Telemetry(clock, {
      sinks: options.sinks ?? [],
      ...(options.sinkQueue === undefined ? {} : { queue: options.sinkQueue }),
      ...(options.redact === undefined ? {} : { redact: options.redact }),
      ...(options.sampling === undefined ? {} : { sampling: options.sampling }),
      ...(waitUntil === undefined ? {} : { waitUntil }),
      random: draw,
      origin: {
        ...(options.application === undefined ? {} : { application: options.application }),
        ...(options.environment === undefined ? {} : { environment: options.environment }),
      },
      models: () => [...this.models.values()].map((model) => model.status()),
    });
    // Where requests are frozen between their turns, a long gap is not time that a call has used.
    const freezeMs = waitUntil === undefined ? Number.POSITIVE_INFINITY : FREEZE_MS;
    const telemetry = this.#telemetry;
    this.#dependencies = {
      clock,
      random: draw,
      words: new RandomWords(random === undefined ? undefined : draw),
      timers: new TimerQueue(clock, false, freezeMs),
      backgroundTimers: new TimerQueue(clock, true, freezeMs),
      policies: options.policies ?? [],
      prices: copyOf(options.prices),
      store: guardedStore(store, clock),
      authorize: options.authorize,
      fourEyes: options.fourEyes === undefined ? undefined : fourEyesFor(options.fourEyes),
      shared: new SharedState(),
      signer: options.signer,
      redaction: telemetry.redaction,
      pseudonyms: options.pseudonyms,
      defer: waitUntil === undefined ? deferByTimer(clock) : deferByPlatform(waitUntil),
      crossRequest: options.crossRequest ?? waitUntil === undefined,
      refreshMs: options.refreshMs ?? REFRESH_MS,
      startupWaitMs: options.startupWaitMs ?? STARTUP_WAIT_MS,
      traceContext: options.traceContext,
      closed: () => this.#closing !== undefined,
      wants: (type) => telemetry.wants(type),
      wantsContent: () => telemetry.wantsContent,
      publish: (event) => telemetry.publish(event, draw),
      keeping: telemetry.acknowledges ? (id) => telemetry.keeping(id) : undefined,
    };
    this.#registry = new ModelRegistry(this.#dependencies);
    this['~companion'] = companionParts(this.#dependencies, {
      define: (contract, definition) => this.define(contract, definition),
      models: this.models,
    });
    this.defineModel = ((contract, definition) => this.define(contract, definition)) as DefineModel;
  }

  get models(): ReadonlyMap<string, ManagedModel> {
    return this.#registry.models;
  }

  /** {@link defineModel} with the types erased. */
  define(contract: AnyContract, definition: AnyOptions): ManagedModel {
    return this.#registry.define(contract, definition);
  }

  async ready(options: WaitOptions = {}): Promise<void> {
    const timeoutMs = timeoutOf('ready', options, READY_MS);
    await this.#within(timeoutMs, Promise.all([...this.models.values()].map((model) => model.load())));
  }

  async flush(options: WaitOptions = {}): Promise<void> {
    const timeoutMs = timeoutOf('flush', options, FLUSH_MS);
    const shared = [...this.models.values()].map((model) => model.handOver());
    const done = await this.#within(timeoutMs, Promise.all([this.#telemetry.flush(), ...shared]));
    if (!done)
      throw new UnderstudyError(
        'TIMEOUT',
        `The sinks did not take what was queued within ${timeoutMs} ms: it stays queued. Raise timeoutMs, or look at status().sinks.`,
        { retryable: true },
      );
  }

  // Not async: a second call returns the first one's promise.
  close(options: WaitOptions = {}): Promise<void> {
    try {
      const timeoutMs = timeoutOf('close', options, CLOSE_MS);
      this.#closing ??= this.#close(timeoutMs);
      return this.#closing;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  on<E extends ListenerType>(type: E, listener: Listener<E>): () => void {
    return this.#telemetry.bus.on(type, listener);
  }

  status(): { readonly sinks: readonly SinkStatus[]; readonly models: readonly ModelStatus[] } {
    return { sinks: this.#telemetry.status(), models: [...this.models.values()].map((model) => model.status()) };
  }

  async #close(timeoutMs: number): Promise<void> {
    const { clock, store, timers, backgroundTimers } = this.#dependencies;
    const [calls, all] = [new AbortController(), new AbortController()];
    const after = (ms: number, end: () => void): unknown => clock.schedule(end, ms, false);
    const alarms = [
      after(timeoutMs * CALLS_SHARE, () => calls.abort()),
      after(timeoutMs, () => all.abort(new UnderstudyError('TIMEOUT', `close() gave up after ${timeoutMs} ms`))),
    ];
    // One that fails or hangs keeps no other from being closed.
    const failures: unknown[] = [];
    const step = async (signal: AbortSignal, work: () => unknown): Promise<void> => {
      try {
        await withTimeout(signal, work);
      } catch (error) {
        failures.push(error);
      }
    };
    const models = this.#registry.close();
    await step(calls.signal, () => models);
    if (calls.signal.aborted) {
      // What waits for an answer is told at once; its events are queued before the sinks are closed.
      timers.abandon();
      backgroundTimers.abandon();
      // Long enough for what was just told to come to its end.
      await step(all.signal, () => withTimeout({ clock, ms: 0, background: false }, () => models));
    }
    const telemetry = this.#telemetry.close(all.signal);
    await step(all.signal, () => telemetry);
    // What a sink has taken over at the last moment, to keep it elsewhere, is still on its way.
    if (all.signal.aborted)
      await withTimeout({ clock, ms: HAND_OVER_MS, background: false }, () => telemetry).catch(() => undefined);
    await step(all.signal, () => store.close?.());
    for (const alarm of alarms) clock.cancel(alarm);
    if (failures.length > 0)
      throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'Several parts failed to close');
  }

  /** Whether `work` ended in time. A rejection of `work` is passed on, also a late one is handled. */
  async #within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
    const limit = { clock: this.#dependencies.clock, ms: timeoutMs, background: false };
    return withTimeout(
      limit,
      () => work.then(() => true),
      () => false,
    );
  }
}

/** How long `close()` waits for what a sink has taken over when the rest was given up. */
const HAND_OVER_MS = 1000;

interface WaitOptions {
  readonly timeoutMs?: number;
}
const WAIT: Kinds<WaitOptions> = { timeoutMs: either(msOrNever, oneOf(0)) };

/** @throws UnderstudyError `INPUT_INVALID` */
function timeoutOf(method: string, options: WaitOptions, standard: number): number {
  const { settings, problems } = checkOptions(options, WAIT, { timeoutMs: standard });
  if (problems.length > 0) throw problemsError('INPUT_INVALID', `${method}()`, problemsUnder('options', problems));
  return settings.timeoutMs;
}
