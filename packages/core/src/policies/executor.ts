import { type ErrorCode, errorText, rejection, sentence, UnderstudyError } from '../errors/index.ts';
import type { AttemptResult, CallReport, Classify, PolicySnapshot, Postponement, Refusal, ResultClass } from '../types/index.ts';
import {
  adopted,
  type Clock,
  isPromise,
  NO_DEADLINE_MS,
  pending,
  rejectLast,
  resolveLast,
  type TimerQueue,
} from '../time/index.ts';
import { Attempt, type Lender, type StreamClosed } from './attempt.ts';
import { linkToCaller, unlink } from './caller-link.ts';
import { classifyError, isLocalRefusal, retryAfterOf } from './classify.ts';
import {
  admitCustom,
  type CustomMachine,
  customSnapshot,
  type Fault,
  leaveCustom,
  releaseCustom,
  settleCustom,
} from './custom-policies.ts';
import type { RunHedged } from './hedge.ts';
import { holdPlace } from './held-place.ts';
import { closedError, TIMEOUTS } from './limits.ts';
import type { PolicyMachines } from './merge.ts';
import type { StopReason, FailureClass, Operation } from './operation.ts';
import { waitUntil } from './wait.ts';

export interface ExecutorDependencies {
  readonly clock: Clock;
  /** Deadlines of attempts. */
  readonly timers: TimerQueue;
  /** Leases of places: they must not keep a process alive. */
  readonly leases: TimerQueue;
  readonly classify: Classify | undefined;
  /** The longest wait that an endpoint may ask for, in milliseconds. */
  readonly maxThrottleMs: number;
  /** What an attempt cost, in millionths of a US dollar; `undefined` where no usage or no price is known. Absent: nothing has a price. */
  readonly costOf?: ((report: CallReport) => number | undefined) | undefined;
  /** Told of what the user's own code threw: `classify`, a policy of theirs. */
  readonly fault: Fault;
}

/** The result of an attempt whose predictor was never called. */
const UNCALLED: AttemptResult = /* @__PURE__ */ Object.freeze({ report: undefined, costMicroUsd: undefined, error: undefined });

/** Longer waits are a server's mistake more often than its wish, and nobody should have to restart a process to end one. */
export const MAX_THROTTLE_MS = 60_000;

/**
 * Runs operations through the policies of one variant: circuit → throttled-until → custom policies → concurrency limit →
 * timers → predictor, and back. A chain of promise reactions over fixed policy slots: no nested closures, and no async
 * function a layer (each would cost about 130 ns).
 */
export class Executor {
  readonly name: string;
  readonly #slots: PolicyMachines;
  readonly #custom: readonly CustomMachine[];
  readonly #dependencies: ExecutorDependencies;
  readonly #clock: Clock;
  readonly #timers: TimerQueue;
  readonly #timeoutMs: number;
  readonly #slowCallMs: number;
  /** Told of calls as a whole: whose budget depends on how many there are. */
  readonly #calls: { begin(now: number): void; finished(): void } | undefined;
  readonly #fault: Fault;
  #throttledUntil = -Infinity;
  #faults = 0;
  #lastFault = '';

  constructor(name: string, slots: PolicyMachines, custom: readonly CustomMachine[], dependencies: ExecutorDependencies) {
    this.name = name;
    this.#slots = slots;
    this.#calls = slots.retry ?? slots.hedge;
    this.#custom = custom;
    this.#dependencies = dependencies;
    this.#clock = dependencies.clock;
    this.#timers = dependencies.timers;
    this.#timeoutMs = slots.timeout?.ms ?? NO_DEADLINE_MS;
    this.#slowCallMs = slots.circuitBreaker?.slowCallMs ?? Infinity;
    this.#fault = (where, error) => {
      this.#faults++;
      this.#lastFault = `${where}: ${errorText(error)}`;
      dependencies.fault(where, error);
    };
  }

  /** How many calls it takes at once before it sheds one. */
  get capacity(): number {
    return this.#slots.concurrencyLimit?.capacity ?? Infinity;
  }

  /**
   * @param now the monotonic clock, read by the caller a moment ago
   * @param deadline whole milliseconds on the monotonic clock
   */
  run(operation: Operation, input: unknown, caller: AbortSignal | undefined, now: number, deadline: number): Promise<unknown> {
    this.#calls?.begin(now);
    const { hedge } = this.#slots;
    if (hedge === undefined || !operation.repeatable) return this.#attempt(operation, input, caller, now, deadline, 1, undefined);
    return (hedge['~runner'] as RunHedged)(hedge, operation, caller, {
      timers: this.#timers,
      clock: this.#clock,
      begin: (lane, signal, number, granted) =>
        this.#attempt(lane, input, signal, number === 1 ? now : this.#clock.now(), deadline, number, undefined, granted),
    });
  }

  /** Ends a wait that the endpoint asked for, and what policies refuse for what they have seen. */
  readonly liftThrottle = (): void => {
    this.#throttledUntil = -Infinity;
    releaseCustom(this.#custom, this.#clock.now(), this.#fault);
  };

  /** Whether its endpoint asked for a wait that is not over. */
  isThrottled(now: number): boolean {
    return now < this.#throttledUntil;
  }

  snapshot(now: number): Readonly<Record<string, PolicySnapshot>> {
    const snapshots: Record<string, PolicySnapshot> = {};
    const { timeout, ...machines } = this.#slots;
    if (timeout !== undefined) snapshots['timeout'] = { ms: timeout.ms };
    for (const [kind, machine] of Object.entries(machines)) if (machine !== undefined) snapshots[kind] = machine.snapshot(now);
    for (const { kind, machine } of this.#custom) {
      const snapshot = customSnapshot(machine, now, this.#fault);
      if (snapshot !== undefined) snapshots[kind] = snapshot;
    }
    if (this.#throttledUntil > now) snapshots['throttled'] = { forMs: Math.ceil(this.#throttledUntil - now) };
    if (this.#faults > 0) snapshots['faults'] = { count: this.#faults, last: this.#lastFault };
    return snapshots;
  }

  #attempt(
    operation: Operation,
    input: unknown,
    caller: AbortSignal | undefined,
    now: number,
    deadline: number,
    number: number,
    previous: Attempt | undefined,
    granted?: Lender,
  ): Promise<unknown> {
    if (caller?.aborted === true) {
      this.#leave(previous, now);
      return this.#end(operation, caller.reason, 'cancelled', number, now, granted);
    }
    // Asked before anything is made: an open circuit must cost next to nothing.
    const permit = this.#askCircuit(now);
    if (permit < 0) {
      this.#leave(previous, now);
      return this.#circuitOpen(operation, number, now, granted);
    }
    const attempt = new Attempt(operation, input, caller, this.#timers, number, deadline);
    attempt.circuitPermit = permit;
    attempt.granted = granted;
    if (previous !== undefined) {
      attempt.key = previous.key;
      attempt.waitedMs = previous.waitedMs;
      attempt.repair = previous.repair;
    }
    return this.#admitted(attempt, now);
  }

  /** The circuit has let it through. */
  #admitted(attempt: Attempt, now: number): Promise<unknown> {
    attempt.deadline = attempt.operation.latest?.() ?? attempt.deadline;
    if (now >= attempt.deadline)
      return this.#refuse(attempt, 'TIMEOUT', `No time was left to call ${this.name}: raise deadlineMs.`, now);
    if (now < this.#throttledUntil) return this.#throttled(attempt, now);
    if (this.#custom.length > 0) {
      const answer = admitCustom(this.#custom, attempt, now, this.#fault);
      if (answer !== undefined) return this.#heldUp(attempt, answer, now);
    }
    const { concurrencyLimit } = this.#slots;
    if (concurrencyLimit !== undefined && !concurrencyLimit.admit()) return this.#queue(attempt, now);
    return this.#launch(attempt, now);
  }

  #launch(attempt: Attempt, now: number): Promise<unknown> {
    const { operation } = attempt;
    const end = Math.floor(now) + this.#timeoutMs + 1;
    attempt.expires = end < attempt.deadline ? end : attempt.deadline;
    attempt.startedAt = now;
    let output: unknown;
    let running: Promise<unknown> | undefined;
    let checked = false;
    try {
      output = operation.invoke(attempt.input, attempt);
      running = adopted(output);
      if (running === undefined) {
        output = operation.accept(output, attempt);
        checked = true;
        if (isPromise(output)) running = output;
      }
    } catch (error) {
      attempt.broken = output;
      return Promise.resolve(this.#failed(attempt, error));
    }
    if (running !== undefined) return this.#race(running, attempt, checked);
    return Promise.resolve(this.#complete(output, attempt));
  }

  /** The race between the predictor and its time. `checked`: the output is already the one that its contract accepted. */
  #race(running: Promise<unknown>, attempt: Attempt, checked: boolean): Promise<unknown> {
    const { caller } = attempt;
    this.#timers.add(attempt);
    attempt.running = running;
    const race = pending();
    attempt.reject = rejectLast;
    running.then(resolveLast, rejectLast);
    if (caller !== undefined) {
      attempt.link = linkToCaller(attempt, caller);
      // Aborted by the predictor itself, before it returned: nobody will tell any more.
      if (caller.aborted) attempt.stop('cancelled');
    }
    // The promise that the user gets is derived from the race, so that the async context of the caller holds throughout.
    return race.then(
      (output) => (checked ? this.#complete(output, attempt) : this.#check(output, attempt)),
      (error: unknown) => this.#failed(attempt, error),
    );
  }

  #check(output: unknown, attempt: Attempt): unknown {
    let value: unknown;
    try {
      value = attempt.operation.accept(output, attempt);
    } catch (error) {
      attempt.broken = output;
      return this.#failed(attempt, error);
    }
    if (!isPromise(value)) return this.#complete(value, attempt);
    // The contract has what is left of the attempt's time.
    const race = pending();
    attempt.reject = rejectLast;
    value.then(resolveLast, rejectLast);
    if (attempt.stopped !== undefined) rejectLast(attempt.stopped);
    attempt.broken = output;
    return race.then(
      (later) => this.#complete(later, attempt),
      (error: unknown) => this.#failed(attempt, error),
    );
  }

  #complete(value: unknown, attempt: Attempt): unknown {
    const now = this.#clock.now();
    const resultClass = now - attempt.startedAt > this.#slowCallMs ? 'slow' : 'ok';
    const { ongoing, repair } = attempt;
    if (repair !== undefined) this.#slots.repairJson?.mended();
    if (ongoing !== undefined && attempt.stopped !== undefined) return this.#failed(attempt, undefined);
    if (ongoing === undefined) {
      this.#settle(attempt, resultClass, undefined, now);
      this.#finished(attempt.operation);
    } else {
      this.#slots.circuitBreaker?.opened(attempt.circuitPermit, now);
      ongoing.opened((error, isDone) => this.#closeStream(attempt, error, isDone), this.#dependencies.leases);
    }
    return attempt.operation.complete(value, attempt, now, resultClass);
  }

  /** The stream of an attempt has ended, well or not; the attempt is settled only now. */
  #closeStream(attempt: Attempt, thrown: unknown, isDone: boolean): StreamClosed {
    const now = this.#clock.now();
    let error = thrown;
    let resultClass: ResultClass = 'ok';
    if (!isDone) [error, resultClass] = this.#outcomeOf(thrown, attempt);
    else if ((attempt.ongoing?.contentAt ?? now) - attempt.startedAt > this.#slowCallMs) resultClass = 'slow';
    this.#settle(attempt, resultClass, error, now, true);
    if (resultClass === 'throttled') this.#heed(error, resultClass, now);
    this.#finished(attempt.operation);
    return { error, resultClass, now };
  }

  /** What an attempt has failed with, and its class. */
  #outcomeOf(thrown: unknown, attempt: Attempt): [error: unknown, resultClass: FailureClass] {
    const { stopped } = attempt;
    const error = stopped === undefined ? thrown : this.#errorOf(stopped, attempt);
    return [error, stopped === 'closed' ? 'cancelled' : (stopped ?? this.#classOf(thrown, attempt))];
  }

  #failed(attempt: Attempt, thrown: unknown): unknown {
    const now = this.#clock.now();
    const { operation, startedAt, attempt: number } = attempt;
    const [error, resultClass] = this.#outcomeOf(thrown, attempt);
    this.#settle(attempt, resultClass, error, now);
    if (this.#isMendable(attempt, error, now)) {
      operation.retrying(error, resultClass, number, startedAt, now);
      return this.#next(attempt, number + 1, now, undefined);
    }
    const delay = this.#retryDelay(attempt, error, resultClass, now);
    if (delay < 0) {
      this.#finished(operation);
      return operation.rescue(error, resultClass, number, startedAt, now);
    }
    operation.retrying(error, resultClass, number, startedAt, now);
    attempt.waitedMs = delay;
    const { retry } = this.#slots;
    return delay > 0 ? this.#again(attempt, number + 1, now + delay, retry) : this.#next(attempt, number + 1, now, retry);
  }

  #errorOf(stopped: StopReason, attempt: Attempt): unknown {
    if (stopped === 'closed') return closedError(this.name);
    return stopped === 'failed' ? timeoutError(this.name, attempt) : attempt.caller?.reason;
  }

  /** Only a caller can cancel a call: an error that looks so without it says nothing of the endpoint. */
  #classOf(thrown: unknown, { caller }: Attempt): FailureClass {
    const found = classifyError(thrown, this.#dependencies.classify, this.#fault);
    return found === 'cancelled' && caller?.aborted !== true ? 'caller-error' : found;
  }

  /**
   * @param error what it ended with; read only where it failed
   * @param wasOpened whether its answer had begun, and was being read
   */
  #settle(attempt: Attempt, resultClass: ResultClass, error: unknown, now: number, wasOpened = false): void {
    attempt.timers.remove(attempt);
    if (attempt.link !== undefined && attempt.caller !== undefined) unlink(attempt.link, attempt.caller);
    const { circuitBreaker, concurrencyLimit } = this.#slots;
    if (attempt.reported !== undefined || attempt.permits !== undefined) this.#account(attempt, resultClass, error, now);
    if (concurrencyLimit !== undefined) {
      // How long a stream is read says more of its reader than of the endpoint.
      const seen = attempt.isCounted || attempt.ongoing === undefined ? resultClass : 'cancelled';
      concurrencyLimit.sample(seen, attempt.startedAt, attempt.ongoing?.contentAt ?? now);
      const { stopped, running } = attempt;
      if (stopped === undefined || running === undefined) concurrencyLimit.release();
      else holdPlace(concurrencyLimit, running, attempt.expires - attempt.startedAt, now, this.#dependencies.leases);
    }
    if (circuitBreaker !== undefined)
      circuitBreaker.settle(attempt.circuitPermit, attempt.isCounted ? resultClass : 'rejected', now, wasOpened);
    attempt.granted?.ended();
    attempt.running = undefined;
  }

  /** Whether the predictor is shown what is wrong with its output, once a call. */
  #isMendable(attempt: Attempt, error: unknown, now: number): boolean {
    const { repairJson } = this.#slots;
    if (repairJson === undefined || attempt.stopped !== undefined || attempt.repair !== undefined) return false;
    if (!attempt.operation.repeatable || now >= attempt.deadline) return false;
    const repair = repairJson.repairOf(error, attempt.broken);
    if (repair === undefined) return false;
    attempt.repair = repair;
    return true;
  }

  /** Tells the operation and the policies of a user what an attempt has used. */
  #account(attempt: Attempt, resultClass: ResultClass, error: unknown, now: number): void {
    const { reported } = attempt;
    const costMicroUsd = reported === undefined ? undefined : this.#dependencies.costOf?.(reported);
    if (reported !== undefined) {
      const { attempt: number, startedAt, ongoing } = attempt;
      const served = resultClass === 'ok' || resultClass === 'slow';
      const contentAt = ongoing !== undefined && ongoing.contentAt > startedAt ? ongoing.contentAt : undefined;
      const failure = served ? undefined : (error ?? new DOMException('The attempt was cancelled', 'AbortError'));
      attempt.operation.used(reported, costMicroUsd, { attempt: number, startedAt, contentAt, endedAt: now, error: failure });
    }
    if (attempt.permits === undefined) return;
    const isFailure = resultClass === 'failed' || resultClass === 'throttled' || resultClass === 'caller-error';
    settleCustom(
      this.#custom,
      attempt,
      resultClass,
      now,
      { report: reported, costMicroUsd, error: isFailure ? error : undefined },
      this.#fault,
    );
  }

  /** How long to wait before another attempt; negative for none. */
  #retryDelay(attempt: Attempt, error: unknown, resultClass: FailureClass, now: number): number {
    const { operation, attempt: number, waitedMs } = attempt;
    // What has run out of time does not find it again here.
    if (now < attempt.deadline) attempt.deadline = operation.latest?.() ?? attempt.deadline;
    const { deadline } = attempt;
    const throttled = resultClass === 'throttled';
    if (!throttled && resultClass !== 'failed') return -1;
    const retryAfterMs = this.#heed(error, resultClass, now);
    const { retry } = this.#slots;
    // Another variant can answer at once: waiting for this one is not worth it.
    if (retry === undefined || !operation.repeatable || (throttled && operation.hasAlternative)) return -1;
    return retry.next(number, resultClass, now, deadline, retryAfterMs, waitedMs);
  }

  /** How long the endpoint asks to wait; after a 429 nobody asks it until then. */
  #heed(error: unknown, resultClass: FailureClass, now: number): number | undefined {
    const asked = retryAfterOf(error, this.#clock.wall());
    if (asked === undefined) return undefined;
    const retryAfterMs = Math.min(asked, this.#dependencies.maxThrottleMs);
    if (resultClass === 'throttled' && !isLocalRefusal(error))
      this.#throttledUntil = Math.max(this.#throttledUntil, now + retryAfterMs);
    return retryAfterMs;
  }

  /** A policy wants it to wait: what was taken is given back, and asked for again. */
  #postpone(attempt: Attempt, until: number, now: number): Promise<unknown> {
    this.#giveBack(attempt, now);
    return this.#again(attempt, attempt.attempt, until, attempt.granted);
  }

  /** Asks again, from the circuit on, after a wait. */
  async #again(attempt: Attempt, number: number, at: number, granted: Lender | undefined): Promise<unknown> {
    const end = await waitUntil(at, attempt, this.#timers);
    const now = this.#clock.now();
    if (end === 'closed') {
      this.#leave(attempt, now);
      return this.#end(attempt.operation, closedError(this.name), 'cancelled', number, now, granted);
    }
    return this.#next(attempt, number, now, granted);
  }

  /** A call that policies may have told to wait asks no more. */
  #leave(attempt: Attempt | undefined, now: number): void {
    if (attempt !== undefined && this.#custom.length > 0) leaveCustom(this.#custom, attempt, now, this.#fault);
  }

  #next(attempt: Attempt, number: number, now: number, granted: Lender | undefined): Promise<unknown> {
    const { operation, input, caller, deadline } = attempt;
    return this.#attempt(operation, input, caller, now, deadline, number, attempt, granted);
  }

  /** A call has ended, after its last attempt. */
  #finished(operation: Operation): void {
    if (!operation.isExtra) this.#calls?.finished();
  }

  #askCircuit(now: number): number {
    const { circuitBreaker } = this.#slots;
    return circuitBreaker === undefined ? 0 : circuitBreaker.admit(now);
  }

  /** An attempt that ended before its predictor was called. */
  #end(
    operation: Operation,
    error: unknown,
    resultClass: FailureClass,
    number: number,
    now: number,
    granted: Lender | undefined,
  ): Promise<unknown> {
    granted?.ended();
    this.#finished(operation);
    return Promise.resolve(operation.rescue(error, resultClass, number, now, now));
  }

  #circuitOpen(operation: Operation, number: number, now: number, granted: Lender | undefined): Promise<unknown> {
    const circuit = this.#slots.circuitBreaker;
    // Nobody knows when an operator will release it.
    const reopensInMs = circuit?.state === 'forced-open' ? undefined : circuit?.reopensInMs(now);
    const error = rejection('CIRCUIT_OPEN', circuit?.refusal ?? '', this.name, reopensInMs);
    return this.#end(operation, error, 'rejected', number, now, granted);
  }

  #refuse(attempt: Attempt, code: ErrorCode, message: string, now: number, retryAfterMs?: number): Promise<unknown> {
    this.#giveBack(attempt, now);
    this.#leave(attempt, now);
    const { operation, attempt: number, granted } = attempt;
    return this.#end(operation, rejection(code, message, this.name, retryAfterMs), 'rejected', number, now, granted);
  }

  /** Gives back what was taken before the concurrency place, uncounted. */
  #giveBack(attempt: Attempt, now: number): void {
    this.#giveBackCircuit(attempt, now);
    if (attempt.permits !== undefined) settleCustom(this.#custom, attempt, 'rejected', now, UNCALLED, this.#fault);
  }

  #giveBackCircuit(attempt: Attempt, now: number): void {
    this.#slots.circuitBreaker?.settle(attempt.circuitPermit, 'rejected', now);
    // One that has been given back, and one of an open circuit, settle nothing.
    attempt.circuitPermit = -1;
  }

  #throttled(attempt: Attempt, now: number): Promise<unknown> {
    const until = this.#throttledUntil;
    if (!attempt.operation.hasAlternative && until < attempt.deadline) return this.#postpone(attempt, until, now);
    const leftMs = Math.ceil(until - now);
    const message = `The endpoint of ${this.name} has asked its callers to wait for another ${leftMs} ms.`;
    return this.#refuse(attempt, 'THROTTLED', message, now, leftMs);
  }

  /** A policy of a user did not let it through. */
  #heldUp(attempt: Attempt, answer: Refusal | Postponement, now: number): Promise<unknown> {
    const { waitUntil: until } = answer as Partial<Postponement>;
    if (until !== undefined && until < attempt.deadline) return this.#postpone(attempt, until, now);
    const { code = 'POLICY_REJECTED', refused = 'it would have to wait past its deadline' } = answer;
    const retryAfterMs = until === undefined ? (answer as Refusal).retryAfterMs : Math.ceil(until - now);
    const who = code === 'POLICY_REJECTED' ? `A policy of ${this.name} refused the call: ` : `${this.name}: `;
    return this.#refuse(attempt, code, `${who}${sentence(refused)}`, now, retryAfterMs);
  }

  /** The bounded queue of the concurrency limit, no longer than the deadline. The circuit is asked again after the wait. */
  async #queue(attempt: Attempt, before: number): Promise<unknown> {
    const { concurrencyLimit } = this.#slots;
    const { caller, operation, attempt: number, granted } = attempt;
    this.#giveBackCircuit(attempt, before);
    const end = await waitUntil(attempt.deadline, attempt, this.#timers, (end) =>
      concurrencyLimit?.enqueue(
        operation.priority,
        () => end('placed'),
        () => end('shed'),
      ),
    );
    const now = this.#clock.now();
    const aborted = caller?.aborted === true;
    if (end === 'placed') {
      attempt.circuitPermit = aborted ? -1 : this.#askCircuit(now);
      // What it was admitted by may have changed while it waited: another call may have been told to wait meanwhile.
      const held = now < this.#throttledUntil || now >= attempt.deadline;
      if (attempt.circuitPermit >= 0 && !held) return this.#launch(attempt, now);
      concurrencyLimit?.release();
      if (attempt.circuitPermit >= 0) return this.#admitted(attempt, now);
    } else if (end === 'closed') {
      this.#giveBack(attempt, now);
      return this.#end(operation, closedError(this.name), 'cancelled', number, now, granted);
    } else if (!aborted) {
      if (end === 'time') attempt.stop('failed');
      const message = `The concurrency limit of ${this.name} is reached: raise it, or send less.`;
      return this.#refuse(attempt, 'CONCURRENCY_LIMIT', message, now);
    }
    this.#giveBack(attempt, now);
    if (!aborted) return this.#circuitOpen(operation, number, now, granted);
    attempt.stop('cancelled');
    return this.#end(operation, caller.reason, 'cancelled', number, now, granted);
  }
}

/** The error of an attempt of the variant `name` that has run out of its own time, or of its call's. */
function timeoutError(name: string, { attempt, startedAt, expires, deadline, ongoing }: Attempt): UnderstudyError {
  const limit = expires === deadline ? undefined : ongoing?.limit;
  const scope = limit?.scope ?? (expires === deadline ? 'deadline' : 'attempt');
  // Deadlines are whole milliseconds from the one in which the attempt began.
  const limitMs = limit?.ms ?? Math.max(0, Math.ceil(expires - 1 - startedAt));
  const [what, remedy] = TIMEOUTS[scope];
  return new UnderstudyError('TIMEOUT', `${name} ${what} ${limitMs} ms: make it faster, or raise ${remedy}.`, {
    retryable: true,
    details: { variant: name, scope, attempt, limitMs },
  });
}
