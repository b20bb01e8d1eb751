import { type ErrorCode, type ErrorDetails, rejection, UnderstudyError } from '../errors/index.ts';
import type { Classify, PolicyMachine, PolicySnapshot, ResultClass } from '../spec/index.ts';
import { type Clock, NO_DEADLINE_MS, type TimerQueue } from '../time/index.ts';
import { Attempt } from './attempt.ts';
import { linkToCaller, unlink } from './caller-link.ts';
import { classifyError, retryAfterOf } from './classify.ts';
import { holdPlace } from './held-place.ts';
import type { PolicyMachines } from './merge.ts';
import type { AttemptFailure, Operation } from './operation.ts';
import { pauseUntil } from './pause.ts';
import { isPromise, pending, rejecter, resolver } from './settle-later.ts';

export interface ExecutorEnvironment {
  readonly clock: Clock;
  /** Deadlines of attempts. */
  readonly timers: TimerQueue;
  /** Leases of places: they must not keep a process alive. */
  readonly leases: TimerQueue;
  readonly classify: Classify | undefined;
}

/**
 * Runs operations through the policies of one variant: circuit → throttled-until → custom policies → concurrency limit →
 * timers → predictor, and back. A chain of promise reactions over fixed policy slots: no nested closures, and no async
 * function a layer (each would cost about 130 ns).
 */
export class Executor {
  readonly name: string;
  readonly #slots: PolicyMachines;
  readonly #custom: readonly PolicyMachine[];
  readonly #environment: ExecutorEnvironment;
  readonly #clock: Clock;
  readonly #timers: TimerQueue;
  readonly #timeoutMs: number;
  readonly #slowCallMs: number;
  #throttledUntil = Number.NEGATIVE_INFINITY;

  constructor(name: string, slots: PolicyMachines, custom: readonly PolicyMachine[], environment: ExecutorEnvironment) {
    this.name = name;
    this.#slots = slots;
    this.#custom = custom;
    this.#environment = environment;
    this.#clock = environment.clock;
    this.#timers = environment.timers;
    this.#timeoutMs = slots.timeout?.ms ?? NO_DEADLINE_MS;
    this.#slowCallMs = slots.circuitBreaker?.slowCallMs ?? Number.POSITIVE_INFINITY;
  }

  /**
   * @param now the monotonic clock, read by the caller a moment ago
   * @param deadline whole milliseconds on the monotonic clock
   */
  run(operation: Operation, input: unknown, caller: AbortSignal | undefined, now: number, deadline: number): Promise<unknown> {
    this.#slots.retry?.begin();
    return this.#attempt(new Attempt(operation, input, caller, this.#clock, 1, deadline), now);
  }

  snapshot(now: number): Readonly<Record<string, PolicySnapshot>> {
    const { retry, circuitBreaker, concurrencyLimit, timeout } = this.#slots;
    return {
      ...(timeout === undefined ? {} : { timeout: { ms: timeout.ms } }),
      ...(retry === undefined ? {} : { retry: retry.snapshot(now) }),
      ...(circuitBreaker === undefined ? {} : { circuitBreaker: circuitBreaker.snapshot(now) }),
      ...(concurrencyLimit === undefined ? {} : { concurrencyLimit: concurrencyLimit.snapshot(now) }),
      ...(this.#throttledUntil > now ? { throttled: { forMs: this.#throttledUntil - now } } : {}),
    };
  }

  #attempt(attempt: Attempt, now: number): Promise<unknown> {
    const { caller } = attempt;
    attempt.startedAt = now;
    if (caller?.aborted === true) return this.#end(attempt, { error: caller.reason, resultClass: 'cancelled' }, now);
    return this.#admit(attempt, now);
  }

  #admit(attempt: Attempt, now: number): Promise<unknown> {
    if (now >= attempt.deadline) return this.#refuse(attempt, 'TIMEOUT', `No time was left to call ${this.name}: raise deadlineMs.`, now, { scope: 'deadline' });
    const { circuitBreaker, concurrencyLimit } = this.#slots;
    if (circuitBreaker !== undefined) {
      const permit = circuitBreaker.admit(now);
      if (permit < 0) return this.#circuitOpen(attempt, now);
      attempt.circuitPermit = permit;
    }
    if (now < this.#throttledUntil) return this.#throttled(attempt, now);
    if (this.#custom.length > 0) {
      const refused = this.#admitCustom(attempt, now);
      if (refused !== undefined) return refused;
    }
    if (concurrencyLimit !== undefined && !concurrencyLimit.admit()) return this.#queue(attempt, now);
    return this.#launch(attempt, now);
  }

  #launch(attempt: Attempt, now: number): Promise<unknown> {
    const { operation, caller } = attempt;
    const end = Math.floor(now) + this.#timeoutMs + 1;
    attempt.expires = end < attempt.deadline ? end : attempt.deadline;
    attempt.startedAt = now;
    let output: unknown;
    try {
      output = operation.invoke(attempt.input, attempt);
      if (!isPromise(output)) {
        const value = operation.accept(output, attempt);
        if (isPromise(value)) output = value;
        else return Promise.resolve(this.#complete(value, attempt));
      } else {
        return this.#race(output, attempt, caller, true);
      }
    } catch (error) {
      return Promise.resolve(this.#failed(attempt, error));
    }
    return this.#race(output as Promise<unknown>, attempt, caller, false);
  }

  /** The race between the predictor and its time. `unchecked`: the output has not been through `accept`. */
  #race(running: Promise<unknown>, attempt: Attempt, caller: AbortSignal | undefined, unchecked: boolean): Promise<unknown> {
    this.#timers.add(attempt);
    if (caller !== undefined) attempt.link = linkToCaller(attempt, caller);
    attempt.running = running;
    const race = pending();
    const resolve = resolver();
    const reject = rejecter();
    attempt.reject = reject;
    running.then(resolve, reject);
    // The promise that the user gets is derived from the race, so that the async context of the caller holds throughout.
    return race.then(
      (output) => {
        if (!unchecked) return this.#complete(output, attempt);
        let value: unknown;
        try {
          value = attempt.operation.accept(output, attempt);
        } catch (error) {
          return this.#failed(attempt, error);
        }
        if (isPromise(value)) return value.then((checked) => this.#complete(checked, attempt), (error: unknown) => this.#failed(attempt, error));
        return this.#complete(value, attempt);
      },
      (error: unknown) => this.#failed(attempt, error),
    );
  }

  #complete(value: unknown, attempt: Attempt): unknown {
    const now = this.#clock.now();
    const resultClass = now - attempt.startedAt > this.#slowCallMs ? 'slow' : 'ok';
    this.#settle(attempt, resultClass, now);
    return attempt.operation.complete(value, attempt, now, resultClass);
  }

  #failed(attempt: Attempt, error: unknown): unknown {
    const now = this.#clock.now();
    const failure = this.#failureOf(attempt, error);
    this.#settle(attempt, failure.resultClass, now);
    return this.#again(attempt, failure, now);
  }

  #failureOf(attempt: Attempt, error: unknown): AttemptFailure {
    if (attempt.stopped === 'aborted') return { error: attempt.caller?.reason, resultClass: 'cancelled' };
    if (attempt.stopped === 'timed-out') return { error: this.#timeoutError(attempt), resultClass: 'failed' };
    return { error, resultClass: classifyError(error, this.#environment.classify) };
  }

  #timeoutError(attempt: Attempt): UnderstudyError {
    const whole = attempt.expires === attempt.deadline;
    const limit = Math.max(0, Math.round(attempt.expires - 1 - attempt.startedAt));
    const remedy = whole ? 'raise deadlineMs, or make the predictor faster' : 'raise the timeout policy, or make the predictor faster';
    return new UnderstudyError('TIMEOUT', `${this.name} did not answer within ${limit} ms (${whole ? 'the deadline of the call' : 'the timeout of an attempt'}): ${remedy}.`, {
      retryable: true,
      details: { variant: this.name, scope: whole ? 'deadline' : 'attempt', attempt: attempt.attempt, limitMs: limit },
    });
  }

  #settle(attempt: Attempt, resultClass: ResultClass, now: number): void {
    this.#timers.remove(attempt);
    if (attempt.link !== undefined) unlink(attempt.link);
    const { retry, circuitBreaker, concurrencyLimit } = this.#slots;
    if (attempt.permits !== undefined) this.#settleCustom(attempt, resultClass, now);
    if (concurrencyLimit !== undefined) {
      concurrencyLimit.sample(resultClass, attempt.startedAt, now);
      if (attempt.stopped !== undefined && attempt.running !== undefined) holdPlace(concurrencyLimit, attempt.running, Math.min(this.#timeoutMs, attempt.expires - attempt.startedAt), now, this.#environment.leases);
      else concurrencyLimit.release();
    }
    if (circuitBreaker !== undefined) circuitBreaker.settle(attempt.circuitPermit, resultClass, now);
    if (attempt.attempt > 1) retry?.ended();
    attempt.running = undefined;
  }

  /** Another attempt, or the end of this operation on this variant. */
  #again(attempt: Attempt, failure: AttemptFailure, now: number): unknown {
    const { operation } = attempt;
    const { retry } = this.#slots;
    const retryAfterMs = failure.resultClass === 'throttled' || failure.resultClass === 'failed' ? retryAfterOf(failure.error, this.#clock.wall()) : undefined;
    if (failure.resultClass === 'throttled' && retryAfterMs !== undefined) this.#throttledUntil = Math.max(this.#throttledUntil, now + retryAfterMs);
    const elsewhere = failure.resultClass === 'throttled' && operation.hasAlternative;
    const delay = retry === undefined || !operation.repeatable || elsewhere ? -1 : retry.next(attempt.attempt, failure.resultClass, now, attempt.deadline, retryAfterMs);
    if (delay < 0) return operation.rescue(failure, attempt, now);
    operation.retrying(failure, attempt, now, delay);
    return delay === 0 ? this.#next(attempt, now) : this.#retryAt(attempt, now + delay);
  }

  #next(attempt: Attempt, now: number): Promise<unknown> {
    const next = new Attempt(attempt.operation, attempt.input, attempt.caller, this.#clock, attempt.attempt + 1, attempt.deadline);
    next.key = attempt.key;
    return this.#attempt(next, now);
  }

  async #retryAt(attempt: Attempt, at: number): Promise<unknown> {
    const slept = await pauseUntil(at, this.#timers, attempt.caller);
    const now = this.#clock.now();
    if (slept) return this.#next(attempt, now);
    this.#slots.retry?.ended();
    return attempt.operation.rescue({ error: attempt.caller?.reason, resultClass: 'cancelled' }, attempt, now);
  }

  /** An attempt that ended before its predictor was called. Its permits have been given back. */
  #end(attempt: Attempt, failure: AttemptFailure, now: number): Promise<unknown> {
    if (attempt.attempt > 1) this.#slots.retry?.ended();
    return Promise.resolve(attempt.operation.rescue(failure, attempt, now));
  }

  #refuse(attempt: Attempt, code: ErrorCode, message: string, now: number, details?: ErrorDetails): Promise<unknown> {
    const error = rejection(code, message, { variant: this.name, ...details });
    return this.#end(attempt, { error, resultClass: 'rejected' }, now);
  }

  #circuitOpen(attempt: Attempt, now: number): Promise<unknown> {
    const refusal = this.#slots.circuitBreaker?.refusal(now);
    return this.#refuse(attempt, 'CIRCUIT_OPEN', `The circuit of ${this.name} refused the call: ${refusal?.message ?? 'it is open'}.`, now, { retryAfterMs: refusal?.retryAfterMs ?? 0 });
  }

  /** Gives back what was taken before the concurrency place, uncounted. */
  #giveBack(attempt: Attempt, now: number): void {
    this.#slots.circuitBreaker?.settle(attempt.circuitPermit, 'rejected', now);
    if (attempt.permits !== undefined) this.#settleCustom(attempt, 'rejected', now);
  }

  #throttled(attempt: Attempt, now: number): Promise<unknown> {
    const until = this.#throttledUntil;
    this.#giveBack(attempt, now);
    if (!attempt.operation.hasAlternative && until < attempt.deadline) return this.#admitAt(attempt, until);
    const left = Math.ceil(until - now);
    return this.#refuse(attempt, 'THROTTLED', `${this.name} has asked its callers to wait for another ${left} ms: wait, or name a fallback.`, now, { retryAfterMs: left });
  }

  #admitCustom(attempt: Attempt, now: number): Promise<unknown> | undefined {
    const permits: number[] = [];
    attempt.permits = permits;
    for (const machine of this.#custom) {
      const answer = machine.admit(now, attempt);
      if (typeof answer === 'number') {
        permits.push(answer);
        continue;
      }
      this.#giveBack(attempt, now);
      if ('refused' in answer) return this.#refuse(attempt, 'POLICY_REJECTED', `A policy of ${this.name} refused the call: ${answer.refused}`, now);
      if (answer.waitUntil < attempt.deadline) return this.#admitAt(attempt, answer.waitUntil);
      return this.#refuse(attempt, 'POLICY_REJECTED', `A policy of ${this.name} would delay the call past its deadline: raise deadlineMs, or name a fallback.`, now);
    }
    return undefined;
  }

  #settleCustom(attempt: Attempt, resultClass: ResultClass, now: number): void {
    const permits = attempt.permits ?? [];
    for (let index = permits.length - 1; index >= 0; index--) this.#custom[index]?.settle(permits[index] ?? 0, resultClass, now);
    attempt.permits = undefined;
  }

  /** The bounded queue of the concurrency limit, no longer than the deadline. The circuit is asked again after the wait. */
  async #queue(attempt: Attempt, now: number): Promise<unknown> {
    const { concurrencyLimit, circuitBreaker } = this.#slots;
    circuitBreaker?.settle(attempt.circuitPermit, 'rejected', now);
    let place: { leave(): void } | undefined;
    const turn = await new Promise<'place' | 'shed' | 'stopped'>((done) => {
      attempt.expires = attempt.deadline;
      attempt.reject = () => done('stopped');
      place = concurrencyLimit?.enqueue(attempt.operation.priority, () => done('place'), () => done('shed'));
      if (place === undefined) return done('shed');
      this.#timers.add(attempt);
      if (attempt.caller !== undefined) attempt.link = linkToCaller(attempt, attempt.caller);
    });
    const then = this.#clock.now();
    this.#timers.remove(attempt);
    if (attempt.link !== undefined) unlink(attempt.link);
    attempt.reject = attempt.link = undefined;
    if (turn !== 'place') {
      place?.leave();
      if (attempt.permits !== undefined) this.#settleCustom(attempt, 'rejected', then);
      if (attempt.stopped === 'aborted') return this.#end(attempt, { error: attempt.caller?.reason, resultClass: 'cancelled' }, then);
      const state = turn === 'shed' ? 'its queue is full' : 'no place came free before the deadline';
      return this.#refuse(attempt, 'CONCURRENCY_LIMIT', `The concurrency limit of ${this.name} refused the call: ${state}. Raise the limit, send less, or name a fallback.`, then);
    }
    if (attempt.stopped !== undefined) {
      // Its time ended in the same turn in which it got a place.
      concurrencyLimit?.release();
      if (attempt.permits !== undefined) this.#settleCustom(attempt, 'rejected', then);
      return this.#end(attempt, this.#failureOf(attempt, undefined), then);
    }
    if (circuitBreaker !== undefined) {
      const permit = circuitBreaker.admit(then);
      if (permit < 0) {
        concurrencyLimit?.release();
        if (attempt.permits !== undefined) this.#settleCustom(attempt, 'rejected', then);
        return this.#circuitOpen(attempt, then);
      }
      attempt.circuitPermit = permit;
    }
    return this.#launch(attempt, then);
  }

  async #admitAt(attempt: Attempt, at: number): Promise<unknown> {
    const slept = await pauseUntil(at, this.#timers, attempt.caller);
    const now = this.#clock.now();
    if (slept) return this.#admit(attempt, now);
    return this.#end(attempt, { error: attempt.caller?.reason, resultClass: 'cancelled' }, now);
  }
}
