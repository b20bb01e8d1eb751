import type { ErrorCode } from '../errors/index.ts';
import type { Clock } from '../time/index.ts';
import type { Call, Repair } from './call.ts';
import type { CircuitDocument, CircuitState } from './circuit.ts';
import type { AdapterPredictor } from './predictor.ts';
import type { ResultClass } from './result-class.ts';
import type { StateStore } from './state-store.ts';
import type { CallReport } from './usage.ts';

/** A non-negative integer that comes back to `settle`. */
export type Permit = number;

/** What a policy may answer instead of a permit. */
export interface Refusal {
  /** The code of the error. @defaultValue 'POLICY_REJECTED' */
  readonly code?: ErrorCode;
  /** When it would let a call through, in milliseconds from now, where it knows. */
  readonly retryAfterMs?: number;
  /** One sentence of at most 200 characters for the error message: the state of the policy and the remedy. It goes into events, so it holds nothing of an input. */
  readonly refused: string;
}

/** Ask again at this monotonic moment: the executor waits, within the deadline. */
export interface Postponement {
  readonly waitUntil: number;
  /** The code of the error of a call whose deadline is before that. @defaultValue 'POLICY_REJECTED' */
  readonly code?: ErrorCode;
  /** What such a call is told, as in {@link Refusal}. @defaultValue that it would have to wait past its deadline */
  readonly refused?: string;
}

/** What a policy is given when it is instantiated for one variant of one model. */
export interface PolicyDependencies {
  /** `model/variant`, for messages and events. */
  readonly name: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Told of every change of state that is worth an event. */
  readonly changed: (change: PolicyChange) => void;
  /** Calls `work` when the owner is closed. */
  readonly onClose: (work: () => void) => void;
  /** What is shared under `key` by all variants of one model, or by all models of one runtime; made by `create` the first time. */
  readonly shared: <T>(scope: 'model' | 'runtime', key: string, create: () => T) => T;
  /** The runtime's store, for what a fleet shares; absent where there is no runtime. */
  readonly store?: StateStore;
}

/** A call as a policy sees it before its predictor is called. */
export interface PolicyCall extends Call {
  /** After its contract; `undefined` without a model. */
  readonly input: unknown;
  /** More important calls go first. */
  readonly priority: number;
  /** Whether another tier would serve if this one refuses. */
  readonly hasFallback: boolean;
  /** The monotonic moment at which the whole call must be done; a wait ends before it. */
  readonly deadline: number;
}

/** How an attempt ended, as a policy sees it. */
export interface AttemptResult {
  /** What its predictor reported; `undefined`: nothing. */
  readonly report: CallReport | undefined;
  /** What it cost, in millionths of a US dollar; `undefined` where no usage or no price is known. */
  readonly costMicroUsd: number | undefined;
  /** What it failed with, whose kind `failureKind()` tells; `undefined` where it did not fail, and for a call that was cancelled. */
  readonly error: unknown;
}

/** A change of a policy's state. */
export interface PolicyChange {
  readonly kind: string;
  /** The name of the policy's owner, or the shared name. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** Plain serialisable state for `status()`. */
export type PolicySnapshot = Readonly<Record<string, string | number | boolean | null>>;

/**
 * The state machine of one policy for one variant. Both methods are synchronous and O(1), own no timer and await nothing,
 * so that a policy can be tested as pure state.
 */
export interface PolicyMachine {
  admit(now: number, call: PolicyCall): Permit | Refusal | Postponement;
  settle(permit: Permit, resultClass: ResultClass, now: number, result: AttemptResult): void;
  /** A call that it has told to wait will not ask again: it was cancelled or refused meanwhile, or its runtime was closed. */
  leave?(call: PolicyCall, now: number): void;
  snapshot?(now: number): PolicySnapshot;
  /** An operator ends all waits (`control.resume()`, a circuit's `release()`): lets calls through again where it refuses them for what it has seen. */
  release?(now: number): void;
}

/** A policy of a user's own. */
export interface CustomPolicy {
  readonly kind: string;
  readonly create: (dependencies: PolicyDependencies) => PolicyMachine;
}

/** How long an attempt may take. */
export interface TimeoutMachine {
  readonly ms: number;
}

/** When a failed attempt is tried again. */
export interface RetryMachine {
  /** Told of every call when it begins. */
  begin(now: number): void;
  /** Told of every call when it has ended, after its last attempt. */
  finished(): void;
  /**
   * The delay in milliseconds before the next attempt, or a negative number for none. Takes from the budget.
   * @param previousMs the delay before the attempt that failed, 0 for none
   */
  next(
    attempt: number,
    resultClass: ResultClass,
    now: number,
    deadline: number,
    retryAfterMs: number | undefined,
    previousMs: number,
  ): number;
  /** Told when an attempt that `next` granted has ended, however it ended. */
  ended(): void;
  snapshot(now: number): PolicySnapshot;
}

/** When a slow call is made a second time. */
export interface HedgeMachine {
  /** After which an attempt is slow, in milliseconds. */
  readonly delayMs: number;
  /** Told of every call when it begins. */
  begin(now: number): void;
  /** Told of every call when it has ended. */
  finished(): void;
  /** Whether a second attempt may be made now. Takes from the budget. */
  launch(now: number): boolean;
  /** Told when an attempt that `launch` granted has ended. */
  ended(): void;
  /** Told how long an attempt took. @param isExtra whether it was the second one */
  sample(durationMs: number, isExtra: boolean): void;
  snapshot(now: number): PolicySnapshot;
  /** What runs a hedged call; see `hedge.ts`. */
  readonly '~runner': unknown;
}

/** Whether an output that broke its contract is shown to its predictor, to be mended. */
export interface RepairMachine {
  /** What is to be mended of an attempt that failed; `undefined` for another failure. */
  repairOf(error: unknown, output: unknown): Repair | undefined;
  /** Told of one that was. */
  mended(): void;
  snapshot(): PolicySnapshot;
}

/** Gathers calls into batches. */
export interface BatchMachine {
  readonly maxSize: number;
  /** The answer to one input, of the batch that it is part of. */
  add(predictor: AdapterPredictor, input: unknown, call: Call): Promise<unknown>;
  snapshot(): PolicySnapshot;
}

/** Keeps answers, for calls that ask the same later. */
export interface CacheMachine {
  snapshot(): PolicySnapshot;
  /** What runs it; see `reuse.ts`. */
  readonly '~reuse': unknown;
}

/** Makes one call of equal ones that come at the same time. */
export interface CoalesceMachine {
  snapshot(): PolicySnapshot;
  /** What runs it; see `reuse.ts`. */
  readonly '~reuse': unknown;
}

/** A circuit in front of an endpoint. A negative permit is a refusal. */
export interface CircuitMachine {
  /** Calls over this are `slow`; `Infinity` for none. */
  readonly slowCallMs: number;
  admit(now: number): Permit;
  /** Its stream has content, and is read from now on: it is no longer waited for. */
  opened(permit: Permit, now: number): void;
  /** @param wasOpened whether `opened` was told of it */
  settle(permit: Permit, resultClass: ResultClass, now: number, wasOpened?: boolean): void;
  /** Why it refuses, for the error's message. */
  readonly refusal: string;
  /** When it lets probes through, in milliseconds from now. */
  reopensInMs(now: number): number;
  snapshot(now: number): PolicySnapshot;
  readonly state: CircuitState;
  force(state: 'forced-open' | 'forced-closed' | 'observe-only', reason: string): void;
  release(reason: string): void;
  trip(reason: string, now: number): void;
  reset(reason: string): void;
  export(now: number): CircuitDocument;
  hydrate(document: CircuitDocument, now: number): void;
}

/** How many calls run at once. */
export interface ConcurrencyMachine {
  /** Takes a place: `true`, or `false` where none is free. */
  admit(): boolean;
  /** Queues for a place; `undefined` when the queue is full of calls at least as important. */
  enqueue(priority: number, resume: () => void, shed: () => void): { leave(): void } | undefined;
  /** Feeds the limit with how an attempt that took a place went. */
  sample(resultClass: ResultClass, startedAt: number, now: number): void;
  /** Gives a place back. */
  release(): void;
  /** Gives back the place of a call that never ends. */
  leaked(): void;
  /** How many calls it takes before it sheds one: those that run and those that wait. */
  readonly capacity: number;
  snapshot(now: number): PolicySnapshot;
}

/** The machines of the built-in policies: one fixed slot each, so that their call sites stay monomorphic. */
export interface PolicySlots {
  timeout: TimeoutMachine;
  retry: RetryMachine;
  circuitBreaker: CircuitMachine;
  concurrencyLimit: ConcurrencyMachine;
  hedge: HedgeMachine;
  repairJson: RepairMachine;
  microBatch: BatchMachine;
  cache: CacheMachine;
  coalesce: CoalesceMachine;
}

/** A built-in policy. */
export interface SlotPolicy<K extends keyof PolicySlots = keyof PolicySlots> {
  readonly kind: K;
  readonly slot: (dependencies: PolicyDependencies) => PolicySlots[K];
}

/** Removes a policy that a wider scope has set. */
export interface DisabledPolicy {
  readonly kind: string;
  readonly off: true;
}

/**
 * A resilience rule round a variant, as configured. Policies merge by `kind`, variant over model over runtime; their order
 * means nothing. Two models that share one policy object share no state, unless the policy says so (`share`).
 */
export type Policy =
  | SlotPolicy<'timeout'>
  | SlotPolicy<'retry'>
  | SlotPolicy<'circuitBreaker'>
  | SlotPolicy<'concurrencyLimit'>
  | SlotPolicy<'hedge'>
  | SlotPolicy<'repairJson'>
  | SlotPolicy<'microBatch'>
  | SlotPolicy<'cache'>
  | SlotPolicy<'coalesce'>
  | CustomPolicy
  | DisabledPolicy;
