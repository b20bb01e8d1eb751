import type { Call, CallReport, TraceContext } from '../types/index.ts';
import { adopted, type TimerQueue } from '../time/index.ts';
import { isStream, leaveSource, resultOf, type Source, sourceOf } from './attempt-stream.ts';
import type { Attempt, Ongoing, StreamClosed } from './attempt.ts';
import type { StopReason, FailureClass, Operation, RunningAttempt } from './operation.ts';

/** How a member's call ended that did not serve. */
export class MemberFailure {
  readonly error: unknown;
  readonly resultClass: FailureClass;

  constructor(error: unknown, resultClass: FailureClass) {
    this.error = error;
    this.resultClass = resultClass;
  }
}

/** The call of a pool as one of its members gets it: the attempt is the member's, all else is the pool's. */
class MemberCall implements Call {
  readonly #outer: Call;
  readonly #inner: RunningAttempt;

  constructor(outer: Call, inner: RunningAttempt) {
    this.#outer = outer;
    this.#inner = inner;
  }

  get signal(): AbortSignal {
    return this.#inner.signal;
  }

  get remainingMs(): number {
    return this.#inner.remainingMs;
  }

  get attempt(): number {
    return this.#outer.attempt;
  }

  get idempotencyKey(): string {
    return this.#outer.idempotencyKey;
  }

  get unit(): string {
    return this.#outer.unit;
  }

  get parentId(): string | undefined {
    return this.#outer.parentId;
  }

  get tenant(): string | undefined {
    return this.#outer.tenant;
  }

  get trace(): TraceContext | undefined {
    return this.#outer.trace;
  }

  get delivered(): readonly unknown[] | undefined {
    return this.#outer.delivered;
  }

  get repair(): Call['repair'] {
    return this.#outer.repair;
  }

  report(report: CallReport): void {
    this.#inner.report(report);
    this.#outer.report(report);
  }
}

/** One call of one member, as its policies see it. */
export class MemberOperation implements Operation {
  readonly unit: string;
  readonly parentId: string | undefined;
  readonly tenant: string | undefined;
  readonly trace: TraceContext | undefined;
  readonly delivered: readonly unknown[] | undefined;
  readonly isExtra = false;
  readonly priority = 0;
  /** The policies of the pool's variant try again, with another member. */
  readonly repeatable = false;
  /** Whether another member could take it at once. */
  readonly hasAlternative: boolean;
  readonly hasFallback: boolean;
  readonly #outer: Call;
  readonly #work: (input: unknown, call: Call, attempt: RunningAttempt) => unknown;

  constructor(outer: Call, hasOthers: boolean, work: (input: unknown, call: Call, attempt: RunningAttempt) => unknown) {
    this.#outer = outer;
    this.#work = work;
    this.unit = outer.unit;
    this.parentId = outer.parentId;
    this.tenant = outer.tenant;
    this.trace = outer.trace;
    this.delivered = outer.delivered;
    this.hasAlternative = hasOthers;
    this.hasFallback = hasOthers;
  }

  idempotencyKey(): string {
    return this.#outer.idempotencyKey;
  }

  invoke(input: unknown, attempt: RunningAttempt): unknown {
    return this.#work(input, new MemberCall(this.#outer, attempt), attempt);
  }

  /** The pool's own attempt has run out of time: that is the member's fault, and no wish of the caller. */
  abortedAs(): StopReason {
    return (this.#outer as Partial<Attempt>).stopped ?? 'cancelled';
  }

  accept(output: unknown): unknown {
    return output;
  }

  complete(value: unknown): unknown {
    return value;
  }

  used(): void {}

  retrying(): void {}

  rescue(error: unknown, resultClass: FailureClass): unknown {
    return new MemberFailure(error, resultClass);
  }
}

/** The stream of a member: its attempt stays open until it ends, breaks or is left. */
export class MemberStream implements Ongoing, AsyncIterable<unknown> {
  readonly limit = undefined;
  contentAt: number;
  readonly #attempt: Attempt;
  readonly #now: () => number;
  readonly #ended: (failed: boolean) => void;
  #source: Source | undefined;
  #hasBegun = false;
  #close: ((error: unknown, isDone: boolean) => StreamClosed) | undefined;
  #isOver = false;
  /** Nobody wants it any more. */
  #isLeft = false;
  /** Whether its reader waits for a chunk. */
  #isAwaited = false;

  /** @param ended told once, when it is over */
  constructor(attempt: Attempt, now: () => number, ended: (failed: boolean) => void) {
    this.#attempt = attempt;
    this.#now = now;
    this.#ended = ended;
    this.contentAt = now();
    attempt.ongoing = this;
  }

  /** Itself, once its source has come; an answer that came whole is itself, and its attempt ends with it. */
  from(source: unknown): unknown {
    const later = adopted(source);
    return later === undefined ? this.#begin(source) : later.then((chunks) => this.#begin(chunks));
  }

  /** From then on the pool's own attempt has the limits of the stream; the member's has the call's deadline alone. */
  opened(close: (error: unknown, isDone: boolean) => StreamClosed, background: TimerQueue): void {
    this.#close = close;
    this.#attempt.expires = this.#attempt.deadline;
    this.#attempt.waitIn(background);
  }

  interrupt(_reason: StopReason): void {
    this.#isLeft = true;
    if (this.#source !== undefined) leaveSource(this.#source);
    // Time that its reader takes is no fault of the member.
    if (this.#close !== undefined && !this.#isAwaited) this.#attempt.isCounted = false;
    this.#end(undefined, false);
  }

  hasTime(): boolean {
    return false;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return {
      next: () => this.#next(),
      return: async () => {
        if (!this.#isOver) this.#attempt.stop('cancelled');
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<IteratorResult<unknown>> {
    if (this.#isOver || this.#source === undefined) return { done: true, value: undefined };
    this.#isAwaited = true;
    try {
      const { done, value } = resultOf(await this.#source.next());
      this.#isAwaited = false;
      if (done) this.#end(undefined, true);
      else if (!this.#hasBegun) {
        this.#hasBegun = true;
        this.contentAt = this.#now();
      }
      return { done, value } as IteratorResult<unknown>;
    } catch (error) {
      this.#end(error, false);
      throw error;
    }
  }

  #begin(chunks: unknown): unknown {
    if (isStream(chunks)) {
      this.#source = sourceOf(chunks);
      // It came after its attempt had ended.
      if (this.#isLeft) leaveSource(this.#source);
      return this;
    }
    this.#attempt.ongoing = undefined;
    this.#ended(false);
    return chunks;
  }

  #end(error: unknown, isDone: boolean): void {
    if (this.#isOver || this.#close === undefined) return;
    this.#isOver = true;
    const { resultClass } = this.#close(error, isDone);
    this.#ended(!isDone && resultClass !== 'cancelled' && this.#attempt.isCounted);
  }
}
