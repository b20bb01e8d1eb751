import type { CallReport, Permit, PolicyCall, Repair, ResultClass, TraceContext } from '../types/index.ts';
import { withReport } from '../usage/index.ts';
import { TimerNode, type TimerQueue } from '../time/index.ts';
import type { Abortable, CallerLink } from './caller-link.ts';
import { closedError } from './limits.ts';
import type { Operation, RunningAttempt, StopReason } from './operation.ts';

/** A limit of a stream alone. */
export interface StreamLimit {
  readonly scope: 'connect' | 'first-content' | 'idle';
  readonly ms: number;
}

/** Told when an attempt has ended that a budget has granted. */
export interface Lender {
  ended(): void;
}

/** How the attempt of a stream has ended. */
export interface StreamClosed {
  readonly error: unknown;
  readonly resultClass: ResultClass;
  /** On the monotonic clock. */
  readonly now: number;
}

/** What goes on after an attempt has answered: a stream that is being read. */
export interface Ongoing {
  /** Which limit of its own is running; `undefined`: those of every attempt. */
  readonly limit: StreamLimit | undefined;
  /** When its first content came. */
  readonly contentAt: number;
  /**
   * The attempt has been taken; `close` settles it, once.
   *
   * @param background what waits here keeps no process alive
   */
  opened(close: (error: unknown, isDone: boolean) => StreamClosed, background: TimerQueue): void;
  interrupt(reason: StopReason): void;
  /** Whether it has time left though the timer has rung; it has set the timer again then. */
  hasTime(): boolean;
}

/**
 * One call of one predictor: what the predictor is given, the holder of the permits, and its own place in the timer queue, in
 * one object, so that a call in flight costs one allocation of ours.
 */
export class Attempt extends TimerNode implements RunningAttempt, PolicyCall, Abortable {
  declare readonly operation: Operation;
  declare readonly input: unknown;
  declare readonly caller: AbortSignal | undefined;
  /** Where its deadline waits. */
  declare timers: TimerQueue;
  declare readonly attempt: number;
  /** When the whole operation must be done; the attempt itself ends at `expires`. */
  declare deadline: number;
  /** When the predictor was called. Fractional from the start: the field must not change its representation. */
  declare startedAt: number;
  declare circuitPermit: number;
  /** Permits of custom policies, in their order. */
  declare permits: Permit[] | undefined;
  declare stopped: StopReason | undefined;
  /** Rejects the race between the predictor and its time. */
  declare reject: ((reason: StopReason) => void) | undefined;
  /** Idempotency key of a composed call, made when it is first read. */
  declare key: string | undefined;
  /** Whose budget has granted it; the first attempt needs none. */
  declare granted: Lender | undefined;
  /** Whether circuit and limit count how it ends: of a batch one attempt does, and time that a reader takes says nothing of an endpoint. */
  declare isCounted: boolean;
  /** What its predictor has answered, where that broke the contract. */
  declare broken: unknown;
  /** How long it waited after the attempt before it, in milliseconds. */
  declare waitedMs: number;
  declare link: CallerLink | undefined;
  /** What the predictor returned, while it has not ended. */
  declare running: Promise<unknown> | undefined;
  /** The stream that it answers with. */
  declare ongoing: Ongoing | undefined;
  /** What its predictor reported. */
  declare reported: CallReport | undefined;
  /** The output that it is to mend. */
  declare repair: Repair | undefined;
  declare private controller: AbortController | undefined;

  constructor(
    operation: Operation,
    input: unknown,
    caller: AbortSignal | undefined,
    timers: TimerQueue,
    attempt: number,
    deadline: number,
  ) {
    super();
    this.operation = operation;
    this.input = input;
    this.caller = caller;
    this.timers = timers;
    this.attempt = attempt;
    this.deadline = deadline;
    this.startedAt = 0.5;
    this.circuitPermit = 0;
    this.permits = undefined;
    this.stopped = undefined;
    this.reject = undefined;
    this.key = undefined;
    this.granted = undefined;
    this.isCounted = true;
    this.broken = undefined;
    this.waitedMs = 0;
    this.link = undefined;
    this.running = undefined;
    this.ongoing = undefined;
    this.reported = undefined;
    this.repair = undefined;
    this.controller = undefined;
  }

  get signal(): AbortSignal {
    let controller = this.controller;
    if (controller === undefined) {
      controller = this.controller = new AbortController();
      if (this.stopped !== undefined) controller.abort(this.abortReason());
    }
    return controller.signal;
  }

  get remainingMs(): number {
    return Math.max(0, this.expires - this.timers.clock.now());
  }

  get idempotencyKey(): string {
    return this.operation.idempotencyKey(this);
  }

  get unit(): string {
    return this.operation.unit;
  }

  get parentId(): string | undefined {
    return this.operation.parentId;
  }

  get tenant(): string | undefined {
    return this.operation.tenant;
  }

  get trace(): TraceContext | undefined {
    return this.operation.trace;
  }

  get delivered(): readonly unknown[] | undefined {
    return this.operation.delivered;
  }

  get priority(): number {
    return this.operation.priority;
  }

  get hasFallback(): boolean {
    return this.operation.hasFallback;
  }

  /** From now on its deadline waits in that queue. */
  waitIn(timers: TimerQueue): void {
    this.timers.remove(this);
    this.timers = timers;
    timers.add(this);
  }

  report(report: CallReport): void {
    this.reported = withReport(this.reported, report);
  }

  override expire(): void {
    if (this.ongoing?.hasTime() !== true) this.stop('failed');
  }

  override abandon(): void {
    this.stop('closed');
  }

  override postpone(ms: number): void {
    this.expires += ms;
    this.deadline += ms;
  }

  callerAborted(): void {
    this.stop(this.operation.abortedAs?.() ?? 'cancelled');
  }

  stop(reason: StopReason): void {
    if (this.stopped !== undefined) return;
    this.stopped = reason;
    this.controller?.abort(this.abortReason());
    this.ongoing?.interrupt(reason);
    this.reject?.(reason);
  }

  /** A reason is given always: making the default one costs seven times as much. */
  private abortReason(): unknown {
    if (this.stopped === 'cancelled') return this.caller?.reason;
    if (this.stopped === 'closed') return closedError('The runtime');
    return new DOMException('The attempt has run out of time', 'TimeoutError');
  }
}
