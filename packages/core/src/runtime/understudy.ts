import { guardedStore, memoryStore } from '../control/index.ts';
import { Problems, UnderstudyError } from '../errors/index.ts';
import { type EventType, type Listener, type SinkStatus, Telemetry } from '../events/index.ts';
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
import { type Clock, systemClock, TimerQueue } from '../time/index.ts';
import type { DefineModel } from './define-model.ts';
import type { UnderstudyOptions } from './understudy-options.ts';

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
   * After `timeoutMs` what still waits is given up and counted as lost. A second call returns the first one's promise.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Subscribes to an event of every model; returns what ends that. */
  on<E extends EventType>(type: E, listener: Listener<E>): () => void;
  /** What sinks have queued, delivered and lost. */
  status(): { readonly sinks: readonly SinkStatus[]; readonly models: readonly ModelStatus[] };
}

const READY_MS = 5000;
const FLUSH_MS = 5000;
const CLOSE_MS = 10_000;
const FREEZE_MS = 10_000;

/**
 * How work is deferred past the current turn: to the platform, or to a timer. Timers are set by a loop that was started with the
 * runtime, so that shadows of many calls do not all run in the async context (the user, the trace) of the one that came first.
 */
function deferBy(clock: Clock, waitUntil: UnderstudyOptions['waitUntil']): Defer {
  if (waitUntil !== undefined) return (task, idle) => waitUntil(Promise.resolve().then(task).then(idle));
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

export class ManagedUnderstudy implements Understudy {
  readonly application: string | undefined;
  readonly environment: string | undefined;
  readonly models = new Map<string, ManagedModel>();
  readonly defineModel: DefineModel;
  readonly #telemetry: Telemetry;
  readonly #host: Host;
  #closing: Promise<void> | undefined;

  constructor(options: UnderstudyOptions) {
    checkUnderstudyOptions(options);
    const { clock = systemClock, store = memoryStore(), waitUntil, random } = options;
    this.application = options.application;
    this.environment = options.environment;
    this.#telemetry = new Telemetry(clock, {
      sinks: options.sinks ?? [],
      ...(options.sinkQueue === undefined ? {} : { queue: options.sinkQueue }),
      ...(options.redact === undefined ? {} : { redact: options.redact }),
      ...(options.sampling === undefined ? {} : { sampling: options.sampling }),
      ...(waitUntil === undefined ? {} : { waitUntil }),
      random: random ?? Math.random,
    });
    const draw = random ?? Math.random;
    // Where requests are frozen between their turns, a long gap is not time that a call has used.
    const freezeMs = waitUntil === undefined ? Number.POSITIVE_INFINITY : FREEZE_MS;
    const telemetry = this.#telemetry;
    this.#host = {
      clock,
      random: draw,
      words: new RandomWords(random),
      timers: new TimerQueue(clock, false, freezeMs),
      backgroundTimers: new TimerQueue(clock, true, freezeMs),
      policies: options.policies ?? [],
      store: guardedStore(store, clock),
      authorize: options.authorize,
      shared: new SharedState(),
      signer: options.signer,
      redaction: telemetry.redaction,
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
    this.models.set(contract.name, model);
    return model;
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

  async ready({ timeoutMs = READY_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    await this.#within(timeoutMs, Promise.all([...this.models.values()].map((model) => model.load())));
  }

  async flush({ timeoutMs = FLUSH_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    const shared = [...this.models.values()].map((model) => model.handOver());
    const done = await this.#within(timeoutMs, Promise.all([this.#telemetry.flush(), ...shared]));
    if (!done)
      throw new UnderstudyError(
        'TIMEOUT',
        `The sinks did not take what was queued within ${timeoutMs} ms: it stays queued. Raise timeoutMs, or look at status().sinks.`,
        { retryable: true },
      );
  }

  close({ timeoutMs = CLOSE_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  on<E extends EventType>(type: E, listener: Listener<E>): () => void {
    return this.#telemetry.bus.on(type, listener);
  }

  status(): { readonly sinks: readonly SinkStatus[]; readonly models: readonly ModelStatus[] } {
    return { sinks: this.#telemetry.status(), models: [...this.models.values()].map((model) => model.status()) };
  }

  async #close(timeoutMs: number): Promise<void> {
    const { clock, store } = this.#host;
    const abort = new AbortController();
    const timer = clock.schedule(
      () => abort.abort(new UnderstudyError('TIMEOUT', `close() gave up after ${timeoutMs} ms`)),
      timeoutMs,
      false,
    );
    const overdue = new Promise<void>((done) => abort.signal.addEventListener('abort', () => done(), { once: true }));
    // One that fails or hangs keeps no other from being closed.
    const failures: unknown[] = [];
    const step = async (work: () => unknown): Promise<void> => {
      try {
        await Promise.race([work(), overdue]);
      } catch (error) {
        failures.push(error);
      }
    };
    await step(() => Promise.all([...this.models.values()].map((model) => model.close())));
    await step(() => this.#telemetry.close(abort.signal));
    await step(() => store.close?.());
    clock.cancel(timer);
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

function checkUnderstudyOptions(options: UnderstudyOptions): void {
  const problems = new Problems();
  const names = new Set<string>();
  for (const [index, sink] of (options.sinks ?? []).entries()) {
    problems.expect(
      typeof sink?.name === 'string' && typeof sink.write === 'function',
      `sinks[${index}]`,
      'expected a sink: { name, write }',
    );
    problems.expect(
      !names.has(sink?.name),
      `sinks[${index}].name`,
      `expected another name than ${JSON.stringify(sink?.name)}, which a sink before it has`,
    );
    names.add(sink?.name);
  }
  for (const key of ['refreshMs', 'startupWaitMs'] as const) {
    const value = options[key];
    problems.expect(value === undefined || value >= 0, key, `expected milliseconds of at least 0, got ${String(value)}`);
  }
  const routine = options.sampling?.routine;
  problems.expect(
    routine === undefined || (routine >= 0 && routine <= 1),
    'sampling.routine',
    `expected a fraction 0–1, got ${String(routine)}`,
  );
  problems.throwIfAny('CONFIGURATION_INVALID', 'createUnderstudy(options)');
}
