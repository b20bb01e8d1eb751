import { UnderstudyError } from '../errors/index.ts';
import type { CallReport, TraceContext } from '../types/index.ts';
import { type Clock, pending, resolveLast, TimerNode, type TimerQueue } from '../time/index.ts';
import { type Abortable, type CallerLink, linkToCaller, unlink } from './caller-link.ts';
import type { Executor } from './executor.ts';
import { keptAnswer } from './kept-answer.ts';
import { closedError } from './limits.ts';
import type { EndedAttempt, FailureClass, Operation, RunningAttempt } from './operation.ts';

/** What learns that a guard lets no other model be asked. */
export interface Stoppable {
  blocked: UnderstudyError | undefined;
}

/** What a call is told of the attempt that serves it. */
export type ServingAttempt = Pick<RunningAttempt, 'startedAt' | 'attempt'>;

/** A call that may share its attempt with others. */
export interface SharingCall extends Operation, Stoppable {
  readonly input: unknown;
  readonly caller: AbortSignal | undefined;
  complete(value: unknown, attempt: ServingAttempt, now: number, resultClass: 'ok' | 'slow'): unknown;
}

/** What a flight needs of its variant. */
export interface FlightHost {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly timers: TimerQueue;
  invoke(input: unknown, attempt: RunningAttempt): unknown;
  accept(output: unknown, call: Stoppable): unknown;
}

export interface FlightOptions {
  /** Whether it runs though nobody waits for it: it yields to every other call then. */
  readonly isBackground: boolean;
  /** It has landed, or nobody waits any longer: nobody may join it. */
  readonly over: () => void;
  /** Its answer is good. */
  readonly answered: (output: unknown, attempt: RunningAttempt, now: number) => void;
}

/**
 * One operation for any number of equal calls. Each has a deadline of its own and may leave; when all have left, the operation is aborted. An
 * attempt has the time, and in a queue the place, of those that waited when it was begun. Where that was not enough, one more is made for those
 * that have more.
 */
export class Flight implements Operation {
  readonly isExtra = false;
  readonly repeatable = true;
  readonly delivered = undefined;
  readonly unit: string;
  readonly parentId: string | undefined;
  readonly tenant: string | undefined;
  readonly trace: TraceContext | undefined;
  readonly hasFallback: boolean;
  readonly hasAlternative: boolean;
  /** The highest of those that waited when it was started. */
  priority: number;
  blocked: UnderstudyError | undefined = undefined;
  readonly #maker: SharingCall;
  readonly #input: unknown;
  readonly #host: FlightHost;
  readonly #options: FlightOptions;
  readonly #waiting = new Set<Passenger>();
  readonly #abort = new AbortController();
  #until = 0;
  #isOver = false;

  constructor(maker: SharingCall, host: FlightHost, options: FlightOptions) {
    this.#maker = maker;
    this.#input = maker.input;
    this.#host = host;
    this.#options = options;
    const { isBackground } = options;
    this.unit = maker.unit;
    this.parentId = maker.parentId;
    this.tenant = maker.tenant;
    this.trace = maker.trace;
    // Read now: the call that made it may go on to another tier.
    this.hasFallback = isBackground || maker.hasFallback;
    this.hasAlternative = isBackground || maker.hasAlternative;
    this.priority = isBackground ? Number.MIN_SAFE_INTEGER : maker.priority;
  }

  /** A call waits for it, until its own deadline. */
  join(call: SharingCall, now: number, until: number): Promise<unknown> {
    const result = pending();
    const passenger = new Passenger(call, now, until, resolveLast, this.#host.timers, (reason, end) =>
      this.#left(passenger, reason, end),
    );
    this.#waiting.add(passenger);
    passenger.wait(this.#until);
    return result;
  }

  /** @param until whole milliseconds on the monotonic clock */
  start(now: number, until: number): void {
    this.#until = until;
    if (!this.#options.isBackground) this.priority = Math.max(...[...this.#waiting].map(({ call }) => call.priority));
    for (const passenger of this.#waiting) passenger.wait(until);
    void this.#host.executor.run(this, this.#input, this.#abort.signal, now, until);
  }

  /** Who has joined may have more time. Those that have less are told by timers of their own. */
  latest(): number {
    const latest = Math.max(this.#until, ...[...this.#waiting].map(({ until }) => Math.ceil(until)));
    if (latest > this.#until) for (const passenger of this.#waiting) passenger.wait(latest);
    this.#until = latest;
    return latest;
  }

  /** Nobody waits for it any longer. */
  stop(reason: unknown): void {
    this.#over();
    this.#abort.abort(reason);
  }

  idempotencyKey(attempt: RunningAttempt): string {
    return this.#maker.idempotencyKey(attempt);
  }

  invoke(input: unknown, attempt: RunningAttempt): unknown {
    return this.#host.invoke(input, attempt);
  }

  accept(output: unknown): unknown {
    return this.#host.accept(output, this);
  }

  complete(output: unknown, attempt: RunningAttempt, now: number, resultClass: 'ok' | 'slow'): undefined {
    this.#over();
    this.#options.answered(output, attempt, now);
    // The first gets what the model answered, the others a copy, so that none sees what another one changes.
    const kept = this.#waiting.size > 1 ? keptAnswer(output) : undefined;
    let isFirst = true;
    for (const passenger of this.#all()) {
      const own = isFirst || kept === undefined ? output : kept.copy();
      isFirst = false;
      const startedAt = Math.max(attempt.startedAt, passenger.joinedAt);
      passenger.land((call) => call.complete(own, { startedAt, attempt: attempt.attempt }, now, resultClass));
    }
  }

  retrying(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): void {
    for (const { call, joinedAt } of this.#waiting) call.retrying(error, resultClass, number, Math.max(startedAt, joinedAt), now);
  }

  /** The call that made it bears what it uses; where it has left, the next one that waits. */
  used(report: CallReport, costMicroUsd: number | undefined, attempt: EndedAttempt): void {
    if (this.#options.isBackground) return;
    const waiting = [...this.#waiting].map(({ call }) => call);
    const bearer = waiting.includes(this.#maker) ? this.#maker : (waiting[0] ?? this.#maker);
    bearer.used(report, costMicroUsd, attempt);
  }

  rescue(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): undefined {
    const isOutOfTime = now >= this.#until && resultClass !== 'cancelled' && resultClass !== 'caller-error';
    const isShed = UnderstudyError.is(error, 'CONCURRENCY_LIMIT');
    const goesOn = ({ call, until }: Passenger): boolean =>
      until > now && (isOutOfTime || (isShed && call.priority > this.priority));
    const latest = Math.max(...[...this.#waiting].filter(goesOn).map(({ until }) => until));
    if (latest === -Infinity) this.#over();
    for (const passenger of this.#all()) {
      if (goesOn(passenger)) {
        this.#waiting.add(passenger);
        continue;
      }
      passenger.land((call) => {
        call.blocked ??= this.blocked;
        return call.rescue(error, resultClass, number, Math.max(startedAt, passenger.joinedAt), now);
      });
    }
    if (latest > now) this.start(now, latest);
  }

  #all(): readonly Passenger[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    return all;
  }

  #left(passenger: Passenger, reason: unknown, end: FailureClass): void {
    this.#waiting.delete(passenger);
    const now = this.#host.clock.now();
    const { name } = this.#host.executor;
    if (this.#waiting.size === 0 && !this.#options.isBackground)
      this.stop(end === 'cancelled' ? reason : new DOMException('All callers have left.', 'AbortError'));
    const error = end === 'failed' ? lateError(name, now - passenger.joinedAt) : (reason ?? closedError(name));
    passenger.land((call) => call.rescue(error, end, 1, passenger.joinedAt, now));
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.over();
  }
}

/** One call on a flight, and the timer of its own deadline where that is before the flight's. */
class Passenger extends TimerNode implements Abortable {
  readonly call: SharingCall;
  readonly joinedAt: number;
  readonly until: number;
  readonly #resolve: (result: unknown) => void;
  readonly #timers: TimerQueue;
  readonly #leave: (reason: unknown, end: FailureClass) => void;
  readonly #link: CallerLink | undefined;

  /** @param leave told when it waits no longer; without a reason the runtime has been closed */
  constructor(
    call: SharingCall,
    joinedAt: number,
    until: number,
    resolve: (result: unknown) => void,
    timers: TimerQueue,
    leave: (reason: unknown, end: FailureClass) => void,
  ) {
    super();
    this.call = call;
    this.joinedAt = joinedAt;
    this.until = until;
    this.expires = Math.ceil(until);
    this.#resolve = resolve;
    this.#timers = timers;
    this.#leave = leave;
    this.#link = call.caller === undefined ? undefined : linkToCaller(this, call.caller);
  }

  /** @param landsAt when the flight ends at the latest: it tells then by itself */
  wait(landsAt: number): void {
    if (this.until < landsAt && this.nextTimer === undefined) this.#timers.add(this);
  }

  land(end: (call: SharingCall) => unknown): void {
    this.#timers.remove(this);
    if (this.#link !== undefined && this.call.caller !== undefined) unlink(this.#link, this.call.caller);
    this.#resolve(end(this.call));
  }

  callerAborted(): void {
    this.#leave(this.call.caller?.reason, 'cancelled');
  }

  override expire(): void {
    this.#leave(undefined, 'failed');
  }

  override abandon(): void {
    this.#leave(undefined, 'cancelled');
  }
}

function lateError(name: string, tookMs: number): UnderstudyError {
  const limitMs = Math.max(0, Math.ceil(tookMs));
  return new UnderstudyError('TIMEOUT', `${name} did not answer within ${limitMs} ms: make it faster, or raise deadlineMs.`, {
    retryable: true,
    details: { variant: name, scope: 'deadline', attempt: 1, limitMs },
  });
}
