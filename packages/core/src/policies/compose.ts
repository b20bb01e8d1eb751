import type { Call, CircuitControl, Classify, MaybePromise, Policy, PolicyChange, PolicySnapshot } from '../spec/index.ts';
import { type Clock, expiresAt, NO_DEADLINE_MS, systemClock, TimerQueue } from '../time/index.ts';
import { circuitControl } from './circuit-control.ts';
import { Executor, type ExecutorEnvironment } from './executor.ts';
import { instantiate, mergePolicies } from './merge.ts';
import type { Operation, RunningAttempt } from './operation.ts';
import { rejectLater } from './settle-later.ts';
import { SharedState } from './shared-state.ts';

export interface ComposeOptions {
  /** Named in messages. @defaultValue 'call' */
  readonly name?: string;
  readonly clock?: Clock;
  /** Uniform in [0, 1). @defaultValue Math.random */
  readonly random?: () => number;
  /** The class of what the function threw; `undefined` for the default classification. */
  readonly classify?: Classify;
  /** Told of changes of a policy's state: a circuit that opens. What it throws is dropped. */
  readonly onChange?: (change: PolicyChange) => unknown;
}

export interface ComposedCallOptions {
  /** The caller's signal: its abort ends the call at once, with its own reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the whole call may take, retries and queues included, in milliseconds. @defaultValue none */
  readonly deadlineMs?: number;
  /** More important calls leave queues first. @defaultValue 0 */
  readonly priority?: number;
  /** Whether a failed call may be made again. @defaultValue true */
  readonly repeatable?: boolean;
}

/** Runs a function through the policies that it was composed of. */
export interface ComposedCall {
  <T>(fn: (call: Call) => MaybePromise<T>, options?: ComposedCallOptions): Promise<T>;
  /** The state of every policy, as plain data. */
  status(): Readonly<Record<string, PolicySnapshot>>;
  /** The circuit, where one was named: to force, release, export or hydrate it. */
  readonly circuit: CircuitControl | undefined;
}

type Work = (call: Call) => unknown;

/** One operation serves every call with the default options: what it runs comes as the input. */
class ComposedOperation implements Operation {
  readonly unit = '';
  readonly parentId = undefined;
  readonly hasAlternative = false;
  readonly priority: number;
  readonly repeatable: boolean;

  constructor(priority: number, repeatable: boolean) {
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
    return output;
  }

  complete(value: unknown): unknown {
    return value;
  }

  retrying(): void {}

  rescue(error: unknown): unknown {
    return rejectLater(error);
  }
}

const DEFAULT = new ComposedOperation(0, true);

const queuesOf = (clock: Clock): Pick<ExecutorEnvironment, 'timers' | 'leases'> => ({
  timers: new TimerQueue(clock),
  leases: new TimerQueue(clock, true),
});
let systemQueues: ReturnType<typeof queuesOf> | undefined;

/**
 * Runs functions through policies, without a model: `const call = compose(retry(), circuitBreaker())`, then
 * `await call((c) => fetch(url, { signal: c.signal }))`. The order of the policies means nothing (see the guide on the call
 * path); of two of one kind the later wins. What the function throws is thrown as it is; what a policy refuses is an
 * `UnderstudyError` with code `CIRCUIT_OPEN`, `CONCURRENCY_LIMIT`, `THROTTLED`, `TIMEOUT` or `POLICY_REJECTED`.
 */
export function compose(...policies: readonly Policy[]): ComposedCall {
  return composeWith({}, ...policies);
}

/** {@link compose} with a name, a clock, a source of randomness, a classification or a listener. */
export function composeWith(options: ComposeOptions, ...policies: readonly Policy[]): ComposedCall {
  const { name = 'call', clock = systemClock, random = Math.random, classify, onChange } = options;
  const shared = new SharedState();
  const { slots, custom } = instantiate(mergePolicies(policies), {
    name,
    clock,
    random,
    changed: (change) => void notify(onChange, change),
    shared: (_scope, key, create) => shared.get(key, create),
  });
  const queues = clock === systemClock ? (systemQueues ??= queuesOf(clock)) : queuesOf(clock);
  const executor = new Executor(name, slots, custom, { ...queues, clock, classify });

  const call = (work: Work, callOptions?: ComposedCallOptions): Promise<unknown> => {
    const now = clock.now();
    if (callOptions === undefined) return executor.run(DEFAULT, work, undefined, now, NO_DEADLINE_MS + Math.floor(now));
    const { signal, deadlineMs = NO_DEADLINE_MS, priority = 0, repeatable = true } = callOptions;
    const operation = priority === 0 && repeatable ? DEFAULT : new ComposedOperation(priority, repeatable);
    return executor.run(operation, work, signal, now, expiresAt(now, deadlineMs));
  };
  return Object.assign(call as <T>(work: (call: Call) => MaybePromise<T>, options?: ComposedCallOptions) => Promise<T>, {
    status: () => executor.snapshot(clock.now()),
    circuit: slots.circuitBreaker === undefined ? undefined : circuitControl(slots.circuitBreaker, clock),
  });
}

/** A listener that throws or rejects must not change the result of a call. */
async function notify(listener: ComposeOptions['onChange'], change: PolicyChange): Promise<void> {
  try {
    await listener?.(change);
  } catch {
    // Nobody to tell: the caller's result stands.
  }
}
