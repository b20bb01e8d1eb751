import { memoryStore } from '../control/index.ts';
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
import { type Listener, type ListenerType, plainRedaction, type SinkStatus, Telemetry } from '../events/index.ts';
import {
  type AnyContract,
  type AnyOptions,
  checkDefinition,
  type Host,
  ManagedModel,
  type ModelStatus,
  type Surroundings,
} from '../model/index.ts';
import { SharedState } from '../policies/index.ts';
import { type Defer, RandomWords } from '../routing/index.ts';
import { atOnce, type Clock, promised, systemClock, TimerQueue } from '../time/index.ts';
import type { DefineModel } from './define-model.ts';
import { readUnderstudyOptions, type UnderstudyOptions } from './understudy-options.ts';

/** What a platform team shares between models: sinks, store, policies, authorisation. */
export interface Understudy extends AsyncDisposable {
  readonly application: string | undefined;
  readonly environment: string | undefined;
  readonly defineModel: DefineModel;
  /** The models that were defined, by name. */
  readonly models: ReadonlyMap<string, { readonly name: string; status(): ModelStatus }>;
  /**
   * Loads the control documents of all models; resolves at the latest after `timeoutMs`, whether or not the store answered
   * (`status().control.known` says so).
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
  /** What sinks have queued, delivered and lost. */
  status(): { readonly sinks: readonly SinkStatus[]; readonly models: readonly ModelStatus[] };
}

const READY_MS = 5000;
const FLUSH_MS = 5000;
const CLOSE_MS = 10_000;
const FREEZE_MS = 10_000;

/** Of the time of `close()`, what calls in flight may have: the rest is for the sinks. */
const CALLS_SHARE = 2 / 3;

/**
 * How work is deferred past the current turn: to the platform, or to a timer. Timers are set by a loop that was started with the
 * runtime, so that shadows of many calls do not all run in the async context (the user, the trace) of the one that came first.
 */
function deferBy(clock: Clock, waitUntil: UnderstudyOptions['waitUntil']): Defer {
  if (waitUntil !== undefined) {
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
  const tasks: (() => void)[] = [];
  let wake = (): void => undefined;
  const loop = async (): Promise<never> => {
    for (;;) {
      await new Promise<void>((done) => {
        wake = done;
      });
      for (const task of tasks.splice(0)) clock.schedule(task, 0, true);
    }
  };
  void loop();
  return (task) => {
    tasks.push(task);
    wake();
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

export class ManagedUnderstudy implements Understudy {
  readonly application: string | undefined;
  readonly environment: string | undefined;
  readonly models = new Map<string, ManagedModel>();
  readonly defineModel: DefineModel;
  readonly #telemetry: Telemetry;
  readonly #host: Host;
  /** Models that others have replaced, until they are closed. */
  readonly #replaced = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(given: UnderstudyOptions) {
    const options = readUnderstudyOptions(given);
    const { clock = systemClock, store = memoryStore(), waitUntil, random } = options;
    this.application = options.application;
    this.environment = options.environment;
    this.#telemetry = new Telemetry(clock, {
      sinks: options.sinks ?? [],
      ...(options.sinkQueue === undefined ? {} : { queue: options.sinkQueue }),
      ...(options.redact === undefined ? {} : { redact: options.redact }),
      ...(options.sampling === undefined ? {} : { sampling: options.sampling }),
      ...(waitUntil === undefined ? {} : { waitUntil }),
    });
    const draw = random === undefined ? Math.random : guarded(random);
    // Where requests are frozen between their turns, a long gap is not time that a call has used.
    const freezeMs = waitUntil === undefined ? Number.POSITIVE_INFINITY : FREEZE_MS;
    const telemetry = this.#telemetry;
    this.#host = {
      clock,
      random: draw,
      words: new RandomWords(random === undefined ? undefined : draw),
      timers: new TimerQueue(clock, false, freezeMs),
      backgroundTimers: new TimerQueue(clock, true, freezeMs),
      policies: options.policies ?? [],
      store,
      authorize: options.authorize,
      shared: new SharedState(),
      signer: options.signer,
      redaction: plainRedaction(telemetry.redaction),
      defer: deferBy(clock, waitUntil),
      refreshMs: options.refreshMs ?? 1000,
      startupWaitMs: options.startupWaitMs ?? 250,
      closed: () => this.#closing !== undefined,
      wants: (type) => telemetry.wants(type),
      wantsContent: () => telemetry.wantsContent,
      publish: (event) => telemetry.publish(event, draw),
    };
    this.defineModel = ((contract, definition) => this.define(contract, definition)) as DefineModel;
  }

  /** {@link defineModel} with the types erased. */
  define(contract: AnyContract, definition: AnyOptions): ManagedModel {
    if (this.#closing !== undefined)
      throw new UnderstudyError('CLOSED', 'This runtime has been closed: create another one to define models.');
    const ranges = checkDefinition(contract, definition, this.#surroundings());
    if (this.models.has(contract.name) && definition.replace !== true) {
      throw new UnderstudyError(
        'DUPLICATE_MODEL',
        `A model "${contract.name}" is defined already in this runtime: give it another name, or say replace: true.`,
        { details: { model: contract.name } },
      );
    }
    const model = new ManagedModel(contract, definition, ranges, this.#host);
    const replaced = this.models.get(contract.name);
    this.models.set(contract.name, model);
    if (replaced !== undefined) this.#retire(replaced);
    return model;
  }

  /** Closes a model that another has replaced, once its calls in flight have ended; what fails then is told by `close()`. */
  #retire(model: ManagedModel): void {
    const closing = model.close();
    this.#replaced.add(closing);
    closing.then(
      () => this.#replaced.delete(closing),
      () => undefined,
    );
  }

  #surroundings(): Surroundings {
    const { store, signer } = this.#host;
    const keeps = !store.volatile || store.acceptLoss === true;
    return {
      storeProblem: keeps
        ? undefined
        : `needs a store that outlives this process, or a deploy undoes it: give createUnderstudy a store of @understudy/node (redis, postgres, sqlite), or memoryStore({ acceptLoss: true })`,
      trustsOutcomes: signer?.keyed === true,
      storeShares: keeps && store.remember !== undefined && store.recall !== undefined,
    };
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
    const { clock, store, timers, backgroundTimers } = this.#host;
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
        await Promise.race([promised(work), aborted(signal)]);
      } catch (error) {
        failures.push(error);
      }
    };
    const models = Promise.all([...this.models.values()].map((model) => model.close()).concat([...this.#replaced].map(settled)));
    await step(calls.signal, () => models);
    if (calls.signal.aborted) {
      // What waits for an answer is told at once; its events are queued before the sinks are closed.
      timers.abandon();
      backgroundTimers.abandon();
      await step(all.signal, () => Promise.race([models, turn(clock)]));
    }
    await step(all.signal, () => this.#telemetry.close(all.signal));
    await step(all.signal, () => store.close?.());
    for (const alarm of alarms) clock.cancel(alarm);
    if (failures.length > 0)
      throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'Several parts failed to close');
  }

  /** Whether `work` ended in time. A rejection of `work` is passed on, also a late one is handled. */
  async #within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
    const { clock } = this.#host;
    let timer: unknown;
    const overdue = new Promise<false>((done) => {
      timer = clock.schedule(() => done(false), timeoutMs, false);
    });
    try {
      return await Promise.race([work.then(() => true as const), overdue]);
    } finally {
      clock.cancel(timer);
    }
  }
}

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

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });

/** Long enough for what was just told to come to its end. */
const turn = (clock: Clock): Promise<void> =>
  new Promise((done) => {
    clock.schedule(done, 0, false);
  });

async function settled(work: Promise<unknown>): Promise<void> {
  await work;
}
