import {
  callback,
  checkOptions,
  isRecord,
  kind,
  type Kinds,
  list,
  msOr0,
  type Problem,
  problemsError,
  problemsUnder,
  readProperty,
  text,
  UnderstudyError,
  withMethods,
} from '../errors/index.ts';
import type {
  Call,
  CircuitControl,
  Classify,
  MaybePromise,
  Policy,
  PolicyChange,
  PolicySnapshot,
  ResultClass,
} from '../types/index.ts';
import { adopted, atOnce, type Clock, expiresAt, NO_DEADLINE_MS, rejectLater, systemClock, TimerQueue } from '../time/index.ts';
import type { Attempt } from './attempt.ts';
import { CALL, callOptionsError } from './call-options.ts';
import { circuitControl } from './circuit-control.ts';
import { statusOf } from './classify.ts';
import { Executor, type ExecutorDependencies, MAX_THROTTLE_MS } from './executor.ts';
import { instantiate, mergePolicies, type PolicyMachines } from './merge.ts';
import type { FailureClass, Operation, RunningAttempt } from './operation.ts';

/** What happened to a composed call, for logs and metrics. */
export type ComposedEvent =
  /** A call ended well, after `attempt` attempts. `slow`: over the circuit's `slowCallMs`. */
  | {
      readonly type: 'success';
      readonly name: string;
      readonly attempt: number;
      readonly durationMs: number;
      readonly slow: boolean;
    }
  /** An attempt failed and will be made again. */
  | ComposedFailure<'retry'>
  /** The last attempt failed, also by the caller's abort (of the class `cancelled`), or took too long, or a policy refused it. */
  | ComposedFailure<'failure'>
  | ComposedFailure<'timeout'>
  | ComposedFailure<'refusal'>
  /** A circuit changed its state. */
  | ({ readonly type: 'circuit' } & PolicyChange)
  /** A function of the user's failed where its failure may not change the call: `classify`, a policy of theirs. */
  | { readonly type: 'fault'; readonly name: string; readonly where: string; readonly error: unknown };

export interface ComposedFailure<T extends string> {
  readonly type: T;
  readonly name: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly durationMs: number;
  readonly resultClass: FailureClass;
  /** What was thrown, as it was; the result itself where `failsOn` called it a failure. */
  readonly error: unknown;
}

export interface ComposeOptions {
  /** Named in messages. @defaultValue 'call' */
  readonly name?: string;
  readonly clock?: Clock;
  /** Uniform in [0, 1). @defaultValue Math.random */
  readonly random?: () => number;
  /** The class of what the function threw; `undefined` for the default classification. */
  readonly classify?: Classify;
  /**
   * Whether a result is a failure, such as a response with a bad status. Such a result counts as a failure and is tried again. When no
   * attempt is left, the caller gets it as the result.
   */
  readonly failsOn?: (result: unknown) => boolean;
  /** Called with everything that happens to calls. If it throws, that is ignored. */
  readonly onEvent?: (event: ComposedEvent) => unknown;
  /** The longest wait that the endpoint may ask for by `Retry-After`, in milliseconds. @defaultValue 60000 */
  readonly maxThrottleMs?: number;
}

export interface ComposedCallOptions {
  /** The caller's signal: its abort ends the call at once, with its own reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the whole call may take, retries and queues included, in milliseconds: over 0, `Infinity` for no limit. @defaultValue none */
  readonly deadlineMs?: number | undefined;
  /** More important calls leave queues first. @defaultValue 0 */
  readonly priority?: number | undefined;
  /** Whether a failed call may be made again. @defaultValue true */
  readonly repeatable?: boolean | undefined;
}

/** Runs a function through the policies that it was composed of. */
export interface ComposedCall {
  <T>(fn: (call: Call) => MaybePromise<T>, options?: ComposedCallOptions): Promise<T>;
  /** The state of every policy, as plain data. */
  status(): Readonly<Record<string, PolicySnapshot>>;
  /** The circuit, where one was named: to force, release, trip, reset, export or hydrate it. */
  readonly circuit: CircuitControl | undefined;
  /** Ends a wait that the endpoint asked for by `Retry-After`: the next call reaches it. */
  release(): void;
}

type Work = (call: Call) => unknown;
export type Tell = (event: ComposedEvent) => void;

/** A result that `failsOn` called a failure. */
class FailedResult extends Error {
  readonly result: unknown;
  /** Read by the classification. */
  readonly status: number | undefined;
  readonly headers: unknown;

  constructor(result: unknown) {
    super('failsOn called the result a failure');
    this.result = result;
    this.status = statusOf(result);
    this.headers = readProperty(result, 'headers');
  }
}

/** What all operations of one composed call have in common. */
interface Composition {
  readonly name: string;
  readonly failsOn: ComposeOptions['failsOn'];
  readonly tell: Tell | undefined;
}

/** One operation serves every call with the default options: what it runs comes as the input. */
class ComposedOperation implements Operation {
  readonly unit = '';
  readonly parentId = undefined;
  readonly tenant = undefined;
  readonly trace = undefined;
  readonly delivered = undefined;
  readonly hasAlternative = false;
  readonly hasFallback = false;
  readonly isExtra = false;
  readonly priority: number;
  readonly repeatable: boolean;
  readonly #composition: Composition;

  constructor(composition: Composition, priority: number, repeatable: boolean) {
    this.#composition = composition;
    this.priority = priority;
    this.repeatable = repeatable;
  }

  idempotencyKey(attempt: RunningAttempt): string {
    return (attempt.key ??= crypto.randomUUID());
  }

  invoke(work: unknown, attempt: RunningAttempt): unknown {
    return (work as Work)(attempt);
  }

  accept(output: unknown): unknown {
    const fails = atOnce(this.#composition.failsOn?.(output));
    if (fails === true) throw new FailedResult(output);
    if (typeof fails === 'object' && fails !== null) throw new TypeError('failsOn() must answer true or false at once.');
    return output;
  }

  complete(value: unknown, attempt: RunningAttempt, now: number, resultClass: 'ok' | 'slow'): unknown {
    const { name, tell } = this.#composition;
    // Of a stream that is being read nobody knows yet how it ends: who hands it out tells.
    if ((attempt as Attempt).ongoing === undefined) tell?.(endOfCall(name, attempt, undefined, resultClass, now));
    return value;
  }

  used(): void {}

  retrying(error: unknown, resultClass: FailureClass, attempt: number, startedAt: number, now: number): void {
    const { name, tell } = this.#composition;
    tell?.(failure('retry', name, error, resultClass, attempt, now - startedAt));
  }

  rescue(error: unknown, resultClass: FailureClass, attempt: number, startedAt: number, now: number): unknown {
    const { name, tell } = this.#composition;
    tell?.(endOfCall(name, { attempt, startedAt }, error, resultClass, now));
    return error instanceof FailedResult ? error.result : rejectLater(error);
  }
}

/** What is told of a call that has ended. @param error what its last attempt ended with, where that failed */
export function endOfCall(
  name: string,
  { attempt, startedAt }: Pick<RunningAttempt, 'attempt' | 'startedAt'>,
  error: unknown,
  resultClass: ResultClass,
  now: number,
): ComposedEvent {
  const durationMs = now - startedAt;
  if (resultClass === 'ok' || resultClass === 'slow')
    return { type: 'success', name, attempt, durationMs, slow: resultClass === 'slow' };
  const isTimeout = resultClass === 'failed' && UnderstudyError.is(error, 'TIMEOUT');
  const type = resultClass === 'rejected' ? 'refusal' : isTimeout ? 'timeout' : 'failure';
  return failure(type, name, error, resultClass, attempt, durationMs);
}

function failure<T extends 'retry' | 'failure' | 'timeout' | 'refusal'>(
  type: T,
  name: string,
  error: unknown,
  resultClass: FailureClass,
  attempt: number,
  durationMs: number,
): ComposedFailure<T> {
  const thrown = error instanceof FailedResult ? error.result : error;
  return { type, name, attempt, durationMs, resultClass, error: thrown };
}

const queuesOf = (clock: Clock): Pick<ExecutorDependencies, 'timers' | 'leases'> => ({
  timers: new TimerQueue(clock),
  leases: new TimerQueue(clock, true),
});
let systemQueues: ReturnType<typeof queuesOf> | undefined;
/** Circuits that composed calls share by name: those on one clock. */
const sharedBy = new WeakMap<Clock, SharedState>();

function sharedOn(clock: Clock): SharedState {
  const state = sharedBy.get(clock) ?? new SharedState();
  sharedBy.set(clock, state);
  return state;
}

/**
 * Runs functions through policies, without a model: `const call = compose(retry(), circuitBreaker())`, then
 * `await call((c) => fetch(url, { signal: c.signal }))`. The order of the policies means nothing (see the guide on the call
 * path); of two of one kind the later wins. What the function throws is thrown as it is; what a policy refuses is an
 * `UnderstudyError` with code `CIRCUIT_OPEN`, `CONCURRENCY_LIMIT`, `THROTTLED`, `TIMEOUT` or `POLICY_REJECTED`.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for what is no policy; the call rejects with `INPUT_INVALID` for options that make no sense
 */
export function compose(...policies: readonly Policy[]): ComposedCall {
  return composed('compose', {}, policies);
}

/** {@link compose} with a name, a clock, a source of randomness, a classification, a test of results or a listener. */
export function composeWith(options: ComposeOptions, ...policies: readonly Policy[]): ComposedCall {
  return composed('composeWith', options, policies);
}

/** @param factory named in problems */
export function composed(factory: string, options: ComposeOptions, policies: readonly Policy[]): ComposedCall {
  const { settings, problems } = checkOptions(options, COMPOSE, { name: 'call', maxThrottleMs: MAX_THROTTLE_MS });
  const found = [...problems, ...policyProblems(policies)];
  if (found.length > 0) throw problemsError('CONFIGURATION_INVALID', `${factory}()`, problemsUnder(factory, found));
  const { name, clock = systemClock, random = platformRandom, classify, failsOn, onEvent, maxThrottleMs } = settings;
  const tell = onEvent === undefined ? undefined : teller(onEvent);
  const { executor, slots } = policiesAtWork(policies, {
    name,
    clock,
    random,
    classify,
    maxThrottleMs,
    changed: (change) => tell?.({ type: 'circuit', ...change }),
    fault: (where, error) => tell?.({ type: 'fault', name, where, error }),
  });
  const composition: Composition = { name, failsOn, tell };
  const plain = new ComposedOperation(composition, 0, true);

  const call = (work: Work, callOptions?: ComposedCallOptions): Promise<unknown> => {
    const now = clock.now();
    if (callOptions === undefined) {
      if (typeof work !== 'function') return rejectLater(noFunction(name));
      return executor.run(plain, work, undefined, now, NO_DEADLINE_MS);
    }
    const wrong = callOptionsError(`The call of "${name}"`, callOptions, CALL);
    if (wrong !== undefined || typeof work !== 'function') return rejectLater(wrong ?? noFunction(name));
    const { signal, deadlineMs = NO_DEADLINE_MS, priority = 0, repeatable = true } = callOptions;
    const operation = priority === 0 && repeatable ? plain : new ComposedOperation(composition, priority, repeatable);
    return executor.run(operation, work, signal, now, expiresAt(now, deadlineMs));
  };
  return Object.assign(call as <T>(work: (call: Call) => MaybePromise<T>, options?: ComposedCallOptions) => Promise<T>, {
    status: () => executor.snapshot(clock.now()),
    circuit: slots.circuitBreaker === undefined ? undefined : circuitControl(slots.circuitBreaker, clock, executor.liftThrottle),
    release: executor.liftThrottle,
  });
}

/** The platform's generator, where nobody gives another one. */
export const platformRandom: () => number = Math.random;

/** What policies without a model are given. */
export interface PolicyHost {
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly classify: Classify | undefined;
  readonly maxThrottleMs: number;
  readonly changed: (change: PolicyChange) => void;
  readonly fault: ExecutorDependencies['fault'];
}

/** Policies without a model: what they share by name they share with all others on the same clock. */
export function policiesAtWork(
  policies: readonly Policy[],
  { name, clock, random, classify, maxThrottleMs, changed, fault }: PolicyHost,
): { readonly executor: Executor; readonly slots: PolicyMachines } {
  const own = new SharedState();
  const { slots, custom } = instantiate(mergePolicies(policies), {
    name,
    clock,
    random,
    changed,
    onClose: () => undefined,
    shared: (scope, key, create) => (scope === 'model' ? own : sharedOn(clock)).get(key, create),
  });
  const queues = clock === systemClock ? (systemQueues ??= queuesOf(clock)) : queuesOf(clock);
  return { slots, executor: new Executor(name, slots, custom, { ...queues, clock, classify, maxThrottleMs, fault }) };
}

export const COMPOSE: Kinds<ComposeOptions> = {
  name: text,
  clock: withMethods('now', 'wall', 'schedule', 'cancel'),
  random: callback,
  classify: callback,
  failsOn: callback,
  onEvent: callback,
  maxThrottleMs: msOr0,
};

const policy = kind(
  (value) =>
    isRecord(value) &&
    typeof value['kind'] === 'string' &&
    (value['off'] === true || typeof value['slot'] === 'function' || typeof value['create'] === 'function'),
  'a policy, such as retry(), circuitBreaker() or one of your own: { kind, create }',
);
/** Policies, as options take them. */
export const policiesKind = list(policy);

function policyProblems(policies: readonly Policy[]): readonly Problem[] {
  const found = policiesKind(policies);
  if (typeof found === 'object' && found.length > 0)
    return found.map(({ path, message }) => ({ path: `policies${path}`, message }));
  return policies.flatMap(({ kind: name }, index) => {
    const why = OF_MODELS.get(name);
    const message = `${name}() needs a model, ${why ?? ''}: give it to defineModel()`;
    return why === undefined ? [] : [{ path: `policies[${index}]`, message }];
  });
}

const EQUAL = 'whose variant and contract say which calls are equal';
/** Kinds of policies that a call without a model cannot have, and why. */
export const OF_MODELS: ReadonlyMap<string, string> = new Map([
  ['cache', EQUAL],
  ['coalesce', EQUAL],
  ['microBatch', 'whose predictor takes batches'],
  ['repairJson', 'whose contract says what is wrong with an answer'],
]);

const noFunction = (name: string): Error =>
  problemsError('INPUT_INVALID', `The call of "${name}"`, [{ path: 'fn', message: 'expected a function to call' }]);

/** A listener that throws or rejects must not change the result of a call. */
export function teller(listener: (event: ComposedEvent) => unknown): Tell {
  return (event) => {
    try {
      adopted(listener(event))?.catch(() => undefined);
    } catch {
      // Nobody to tell: the caller's result stands.
    }
  };
}

/** What policies share by name: one for a model, one for a runtime. */
export class SharedState {
  readonly #made = new Map<string, unknown>();

  get<T>(key: string, create: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, create());
    return this.#made.get(key) as T;
  }
}
