import type { Call, CallReport, ResultClass, TraceContext } from '../types/index.ts';

/** How an attempt that did not serve ended. */
export type FailureClass = Exclude<ResultClass, 'ok' | 'slow'>;

/** Why an attempt is stopped from outside: out of time, aborted by its caller, or given up by a runtime that closes. */
export type StopReason = 'failed' | 'cancelled' | 'closed';

/** An attempt as its operation sees it. */
export interface RunningAttempt extends Call {
  readonly startedAt: number;
  /** Place for the idempotency key of a composed call. */
  key: string | undefined;
}

/** How an attempt ended that has reported something. */
export interface EndedAttempt extends Pick<RunningAttempt, 'attempt' | 'startedAt'> {
  /** When the first content of its stream came; `undefined` where there was none. Monotonic, as all of these. */
  readonly contentAt: number | undefined;
  readonly endedAt: number;
  /** What it ended with; `undefined` where it served. */
  readonly error: unknown;
}

/**
 * What an {@link Executor} executes. The executor calls back into it rather than wrapping it, so that the whole of a call is
 * one chain of promise reactions.
 */
export interface Operation {
  /** Unit of assignment, for the predictor. */
  readonly unit: string;
  /** The id under which nested calls know this one. */
  readonly parentId: string | undefined;
  readonly tenant: string | undefined;
  readonly trace: TraceContext | undefined;
  /** What the caller of a stream that goes on has got already. */
  readonly delivered: readonly unknown[] | undefined;
  /** Whether it is a second attempt at the same time as another one: the call ends with that one. */
  readonly isExtra: boolean;
  /** Whether another tier comes after this variant. */
  readonly hasFallback: boolean;
  /** More important calls leave queues first. */
  readonly priority: number;
  /** Whether a failed call may be made again. */
  readonly repeatable: boolean;
  /** Whether another variant could serve at once, so that waiting for a throttled one is not worth it. */
  readonly hasAlternative: boolean;
  /**
   * By when the whole operation must be done, where that may grow: in whole milliseconds on the monotonic clock. Asked before an attempt, and
   * before one is made again.
   * @defaultValue the deadline that it was run with
   */
  latest?(): number | undefined;
  /** The same over all attempts. */
  idempotencyKey(attempt: RunningAttempt): string;
  /** What an abort of its caller means. @defaultValue 'cancelled' */
  abortedAs?(): StopReason;
  /** Calls the predictor. */
  invoke(input: unknown, attempt: RunningAttempt): unknown;
  /** Checks what it returned; throws when that breaks the contract. May return a promise of the checked value. */
  accept(output: unknown, attempt: RunningAttempt): unknown;
  /** The result of the operation, after the attempt has been settled as ok or slow. */
  complete(value: unknown, attempt: RunningAttempt, now: number, resultClass: 'ok' | 'slow'): unknown;
  /** Told of an attempt that failed and is made again. `number` is 1 for the first. */
  retrying(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): void;
  /** Told of what an attempt reported, when it has ended, however it ended. @param costMicroUsd `undefined` where it has no price */
  used(report: CallReport, costMicroUsd: number | undefined, attempt: EndedAttempt): void;
  /** No attempt is left: returns a result, or a promise (a rejected one when nothing can serve). It must not throw. */
  rescue(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): unknown;
}
