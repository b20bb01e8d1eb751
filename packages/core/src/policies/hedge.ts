import { count, countOr0, msOr0, probability, readOptions, share, type Kinds, type Settings } from '../errors/index.ts';
import type { CallReport, HedgeMachine, PolicySnapshot, SlotPolicy, TraceContext } from '../types/index.ts';
import { type Clock, pending, resolveLast, TimerNode, type TimerQueue } from '../time/index.ts';
import type { Attempt, Lender } from './attempt.ts';
import { DurationHistogram } from './duration-histogram.ts';
import { joinSignals } from './join-signals.ts';
import type { EndedAttempt, FailureClass, Operation, RunningAttempt } from './operation.ts';
import { RetryBudget } from './retry-budget.ts';

export interface HedgeOptions {
  /** When a call that has not been answered is made a second time, in milliseconds; 0: at once. @defaultValue the live `quantile` of its durations */
  readonly delayMs?: number;
  /** Which quantile of the durations it waits for, strictly between 0 and 1. @defaultValue 0.95 (Polly, failsafe-go, Dean and Barroso 2013) */
  readonly quantile?: number;
  /** How long it waits while fewer than `warmCount` durations are known, in milliseconds. @defaultValue 2000 */
  readonly coldDelayMs?: number;
  /** Durations that make the quantile known. @defaultValue 20 */
  readonly warmCount?: number;
  /** Second calls may be at most this share of the model's calls, retries included, as with `retry()`. Over 0, up to 1. @defaultValue 0.2 */
  readonly budgetShare?: number;
  /** This many may be in flight whatever the share says. @defaultValue 3 */
  readonly budgetMin?: number;
}

const DEFAULTS = { quantile: 0.95, coldDelayMs: 2000, warmCount: 20, budgetShare: 0.2, budgetMin: 3 } as const;

const HEDGE: Kinds<HedgeOptions> = {
  delayMs: msOr0,
  quantile: probability,
  coldDelayMs: msOr0,
  warmCount: count,
  budgetShare: share,
  budgetMin: countOr0,
};

/** What an executor lends to a hedged call. */
export interface HedgeHost {
  readonly timers: TimerQueue;
  readonly clock: Clock;
  /** Begins an attempt, from the circuit on. @param granted told when an attempt has ended that the budget has granted */
  begin(lane: Operation, caller: AbortSignal | undefined, number: number, granted: Lender | undefined): Promise<unknown>;
}

/** Runs one operation in up to two attempts at once. */
export type RunHedged = (
  machine: HedgeMachine,
  operation: Operation,
  caller: AbortSignal | undefined,
  host: HedgeHost,
) => Promise<unknown>;

/**
 * Makes a call that is slow a second time, takes the answer that comes first and cancels the other: a tail of slow answers is cut for a few
 * calls more. It waits for the live 95th percentile of the durations, so that about one call in twenty is made twice. A stream is hedged until
 * its first content. A call is hedged or retried, never both; both draw on one budget of the model. A variant with `effects: 'once'` is not hedged.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function hedge(options: HedgeOptions = {}): SlotPolicy<'hedge'> {
  const settings = readOptions('hedge', options, HEDGE, DEFAULTS);
  const { budgetShare, budgetMin } = settings;
  return {
    kind: 'hedge',
    slot: ({ shared }) =>
      new Hedge(
        settings,
        shared('model', `retry/${budgetShare}/${budgetMin}`, () => new RetryBudget(budgetShare, budgetMin)),
      ),
  };
}

type HedgeSettings = Settings<HedgeOptions, typeof DEFAULTS>;

/** Durations are forgotten by halves: the quantile follows an endpoint that has become faster or slower. */
const FORGET_AT = 2000;

class Hedge implements HedgeMachine {
  readonly #settings: HedgeSettings;
  readonly #budget: RetryBudget;
  #durations = new DurationHistogram();
  #older = new DurationHistogram();
  /** Made anew now and then: it is read for every call. */
  #delayMs: number;
  #launched = 0;
  #won = 0;
  #denied = 0;

  constructor(settings: HedgeSettings, budget: RetryBudget) {
    this.#settings = settings;
    this.#budget = budget;
    this.#delayMs = settings.delayMs ?? settings.coldDelayMs;
  }

  readonly '~runner': RunHedged = (machine, operation, caller, host) => new HedgedCall(machine, operation, caller, host).run();

  get delayMs(): number {
    return this.#delayMs;
  }

  begin(now: number): void {
    this.#budget.begin(now);
  }

  finished(): void {
    this.#budget.finished();
  }

  launch(now: number): boolean {
    const isGranted = this.#budget.withdraw(now);
    if (isGranted) this.#launched++;
    else this.#denied++;
    return isGranted;
  }

  ended(): void {
    this.#budget.ended();
  }

  sample(durationMs: number, isExtra: boolean): void {
    if (isExtra) this.#won++;
    const { delayMs, quantile, warmCount } = this.#settings;
    if (delayMs !== undefined) return;
    this.#durations.add(durationMs);
    if (this.#durations.total >= FORGET_AT / 2) [this.#older, this.#durations] = [this.#durations, new DurationHistogram()];
    const known = this.#older.total + this.#durations.total;
    if (known < warmCount || known % 10 !== 0) return;
    const wider = this.#older.total > this.#durations.total ? this.#older : this.#durations;
    this.#delayMs = wider.quantile(quantile);
  }

  snapshot(now: number): PolicySnapshot {
    return {
      delayMs: this.#delayMs,
      launched: this.#launched,
      won: this.#won,
      denied: this.#denied,
      inFlight: this.#budget.inFlight,
      room: this.#budget.room(now),
    };
  }
}

/** One operation in one attempt, and in a second one where the first is slow. It is the timer of the second. */
class HedgedCall extends TimerNode {
  readonly machine: HedgeMachine;
  readonly operation: Operation;
  readonly host: HedgeHost;
  readonly #caller: AbortSignal | undefined;
  readonly #first: Lane;
  #extra: Lane | undefined;
  #settle: ((result: unknown) => void) | undefined;
  #cancelExtra: AbortController | undefined;

  constructor(machine: HedgeMachine, operation: Operation, caller: AbortSignal | undefined, host: HedgeHost) {
    super();
    this.machine = machine;
    this.operation = operation;
    this.host = host;
    this.#caller = caller;
    this.#first = new Lane(this, false);
  }

  get isHedged(): boolean {
    return this.#extra !== undefined;
  }

  run(): Promise<unknown> {
    const result = pending();
    this.#settle = resolveLast;
    void this.host.begin(this.#first, this.#caller, 1, undefined);
    return result;
  }

  /** The predictor of the first attempt is called now. */
  began({ startedAt }: RunningAttempt): void {
    const { timers } = this.host;
    timers.remove(this);
    this.expires = Math.floor(startedAt + this.machine.delayMs) + 1;
    timers.add(this);
  }

  rest(): void {
    this.host.timers.remove(this);
  }

  override expire(): void {
    const now = this.host.clock.now();
    if (this.#settle === undefined || this.#first.isOver || !this.machine.launch(now)) return;
    this.#cancelExtra = new AbortController();
    const joined = this.#caller === undefined ? undefined : joinSignals(this.#caller, this.#cancelExtra.signal);
    this.#extra = new Lane(this, true);
    const signal = joined?.signal ?? this.#cancelExtra.signal;
    // Its attempt may go on when the call has its answer: a stream hears its caller until it ends.
    const granted: Lender = {
      ended: () => {
        joined?.release();
        this.machine.ended();
      },
    };
    void this.host.begin(this.#extra, signal, this.#first.number + 1, granted);
  }

  /** Nobody waits any longer: its attempts are told by themselves. */
  override abandon(): void {}

  won(lane: Lane, value: unknown, attempt: RunningAttempt, now: number, resultClass: 'ok' | 'slow'): void {
    if (this.#settle === undefined) return (attempt as Attempt).stop('cancelled');
    this.machine.sample(now - attempt.startedAt, lane.isExtra);
    // Both were on their way: the one that lost would have taken at least this long.
    if (lane.isExtra && !this.#first.isOver) this.machine.sample(now - this.#first.startedAt, false);
    // The call ends now, and its event tells of both.
    (lane.isExtra ? this.#first : this.#extra)?.tell(now);
    this.#end(this.operation.complete(value, attempt, now, resultClass));
    this.#first.cancel();
    this.#extra?.cancel();
    // It may wait in a queue; one that has won goes on, as a stream.
    if (!lane.isExtra) this.#cancelExtra?.abort(new DOMException('Another attempt was faster.', 'AbortError'));
  }

  /** An attempt has failed for good; whatever the other one does is the result, where there is one. */
  lost(lane: Lane, error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): void {
    if (this.#settle === undefined) return;
    const other = lane === this.#first ? this.#extra : this.#first;
    if (other === undefined || other.isOver || this.#caller?.aborted === true)
      return this.#end(this.operation.rescue(error, resultClass, number, startedAt, now));
    this.operation.retrying(error, resultClass, number, startedAt, now);
  }

  #end(result: unknown): void {
    this.rest();
    this.#settle?.(result);
    this.#settle = undefined;
  }
}

/** One of the two attempts, as the executor sees it. */
class Lane implements Operation {
  readonly isExtra: boolean;
  /** Whether its attempt has ended. */
  isOver = false;
  readonly #call: HedgedCall;
  #attempt: RunningAttempt | undefined;
  /** Whether the call was told already of what its attempt reported. */
  #isTold = false;

  constructor(call: HedgedCall, isExtra: boolean) {
    this.#call = call;
    this.isExtra = isExtra;
  }

  get number(): number {
    return this.#attempt?.attempt ?? 1;
  }

  get startedAt(): number {
    return this.#attempt?.startedAt ?? 0;
  }

  get unit(): string {
    return this.#call.operation.unit;
  }

  latest(): number | undefined {
    return this.#call.operation.latest?.();
  }

  get parentId(): string | undefined {
    return this.#call.operation.parentId;
  }

  get tenant(): string | undefined {
    return this.#call.operation.tenant;
  }

  get trace(): TraceContext | undefined {
    return this.#call.operation.trace;
  }

  get delivered(): readonly unknown[] | undefined {
    return this.#call.operation.delivered;
  }

  get hasFallback(): boolean {
    return this.#call.operation.hasFallback;
  }

  get hasAlternative(): boolean {
    return this.#call.operation.hasAlternative;
  }

  get priority(): number {
    return this.#call.operation.priority;
  }

  /** Hedged or retried, never both. */
  get repeatable(): boolean {
    return !this.isExtra && !this.#call.isHedged && this.#call.operation.repeatable;
  }

  idempotencyKey(attempt: RunningAttempt): string {
    return this.#call.operation.idempotencyKey(attempt);
  }

  invoke(input: unknown, attempt: RunningAttempt): unknown {
    this.#attempt = attempt;
    if (!this.isExtra) this.#call.began(attempt);
    return this.#call.operation.invoke(input, attempt);
  }

  accept(output: unknown, attempt: RunningAttempt): unknown {
    return this.#call.operation.accept(output, attempt);
  }

  complete(value: unknown, attempt: RunningAttempt, now: number, resultClass: 'ok' | 'slow'): undefined {
    this.isOver = true;
    this.#call.won(this, value, attempt, now, resultClass);
  }

  retrying(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): void {
    this.#call.rest();
    this.#call.operation.retrying(error, resultClass, number, startedAt, now);
  }

  used(report: CallReport, costMicroUsd: number | undefined, attempt: EndedAttempt): void {
    if (!this.#isTold) this.#call.operation.used(report, costMicroUsd, attempt);
  }

  /** Tells of a request that is under way and lost: it is cancelled now, and its attempt ends after the call. */
  tell(now: number): void {
    const { reported, attempt, startedAt } = (this.#attempt as Attempt | undefined) ?? {};
    if (this.isOver || reported?.request === undefined || attempt === undefined || startedAt === undefined) return;
    this.#isTold = true;
    // What it has used is not whole yet.
    const { usage: _, ...report } = reported;
    const error = new DOMException('Another attempt was faster.', 'AbortError');
    this.#call.operation.used(report, undefined, { attempt, startedAt, contentAt: undefined, endedAt: now, error });
  }

  rescue(error: unknown, resultClass: FailureClass, number: number, startedAt: number, now: number): undefined {
    this.isOver = true;
    this.#call.lost(this, error, resultClass, number, startedAt, now);
  }

  cancel(): void {
    if (!this.isOver) (this.#attempt as Attempt | undefined)?.stop('cancelled');
  }
}
