import { told } from '../errors/index.ts';
import { adopted, type TimerQueue } from '../time/index.ts';
import type { Attempt, Ongoing, StreamClosed, StreamLimit } from './attempt.ts';
import type { StopReason } from './operation.ts';

/** How long a stream may take to come, and to go on, in milliseconds. */
export interface StreamLimits {
  /** Until the predictor has begun to answer. */
  readonly connectMs: number;
  /** Until the first chunk with content, from the start of the attempt. */
  readonly firstContentMs: number;
  /** Between two chunks, while somebody waits for the next one. */
  readonly idleMs: number;
}

/** Who reads a stream: one of these answers each `pull()`. After `failed` nothing comes any more; it may come without a pull. */
export interface StreamReader {
  chunk(chunk: unknown): void;
  /** Its source has ended: `finish()` or `fail()` settles the attempt. */
  ended(): void;
  failed(closed: StreamClosed): void;
}

/** Chunks one by one, whatever they come from. */
export interface Source {
  next(): unknown;
  return(): unknown;
}

/**
 * The stream of one attempt. It is open when its first content is there; until then nobody has read anything, so that another attempt can take
 * over. After that it is read chunk by chunk, only when the reader asks, and its attempt is settled when it ends, breaks or is left.
 */
export class AttemptStream implements Ongoing {
  /** When its first content came, on the monotonic clock. */
  contentAt = 0;
  limit: StreamLimit | undefined;
  readonly #attempt: Attempt;
  readonly #limits: StreamLimits;
  /** Checks a chunk, and says whether it is content; it throws for one that breaks the contract. */
  readonly #isContent: (chunk: unknown) => boolean;
  /** When the attempt must have content, whatever the limits of a stream say. */
  readonly #latest: number;
  #source: Source | undefined;
  /** What came until the first content, from the next to be read on. */
  #early: unknown[] = [];
  #sourceEnded = false;
  #reader: StreamReader | undefined;
  #close: ((error: unknown, isDone: boolean) => StreamClosed) | undefined;
  /** When the read that waits began; `undefined`: nobody waits. */
  #pulledAt: number | undefined;
  #isOver = false;
  /** Where its deadline waits while its reader does, and while nobody waits: a stream that was left keeps no process alive. */
  #foreground: TimerQueue | undefined;
  #background: TimerQueue | undefined;

  constructor(attempt: Attempt, limits: StreamLimits, isContent: (chunk: unknown) => boolean) {
    this.#attempt = attempt;
    this.#limits = limits;
    this.#isContent = isContent;
    this.#latest = attempt.expires;
    attempt.ongoing = this;
  }

  /**
   * Waits for the first content, or for the end of a stream without any.
   *
   * @param begin what answers an async iterable or a `ReadableStream`, now or later
   */
  async open(begin: () => unknown): Promise<this> {
    const { connectMs, firstContentMs } = this.#limits;
    this.#within(connectMs < firstContentMs ? 'connect' : 'first-content', Math.min(connectMs, firstContentMs));
    const begun = begin();
    this.#source = sourceOf((await (adopted(begun) ?? begun)) as object);
    this.#within('first-content', firstContentMs);
    try {
      while (!this.#sourceEnded && !this.#isOver) {
        // oxlint-disable-next-line no-await-in-loop -- in order
        const { done, value } = resultOf(await this.#source.next());
        if (done) this.#sourceEnded = true;
        else {
          this.#early.push(value);
          if (this.#isContent(value)) break;
          // Chunks that come at once leave no turn to the timers.
          const attempt = this.#attempt;
          if (attempt.timers.clock.now() >= attempt.expires) attempt.stop('failed');
        }
      }
    } catch (error) {
      this.#leave();
      throw error;
    }
    // Nobody wants it any more: whoever stopped the attempt has told its caller.
    if (this.#isOver) this.#leave();
    this.contentAt = this.#attempt.timers.clock.now();
    this.limit = { scope: 'idle', ms: this.#limits.idleMs };
    return this;
  }

  /** Called by the executor when the attempt has been taken. @param close settles the attempt */
  opened(close: (error: unknown, isDone: boolean) => StreamClosed, background: TimerQueue): void {
    this.#close = close;
    this.#foreground = this.#attempt.timers;
    this.#background = background;
    this.#attempt.expires = Math.ceil(this.#attempt.deadline);
    this.#attempt.waitIn(background);
  }

  /** Who is told of chunks from now on. */
  readBy(reader: StreamReader): void {
    this.#reader = reader;
  }

  /** Asks for the next chunk; the reader waits for each before it asks again. */
  pull(): void {
    const reader = this.#reader;
    if (reader === undefined || this.#isOver) return;
    if (this.#early.length > 0) return reader.chunk(this.#early.shift());
    if (this.#sourceEnded) return reader.ended();
    const attempt = this.#attempt;
    const now = attempt.timers.clock.now();
    if (now >= attempt.deadline) {
      this.limit = undefined;
      attempt.expires = attempt.deadline;
      return attempt.stop('failed');
    }
    this.#pulledAt = now;
    const due = now + this.#limits.idleMs;
    // One that rings too early is set again.
    if (attempt.expires > due) attempt.expires = Math.ceil(due);
    if (this.#foreground !== undefined) attempt.waitIn(this.#foreground);
    let next: Promise<unknown> | undefined;
    try {
      const result = this.#source?.next();
      next = adopted(result) ?? Promise.resolve(result);
    } catch (error) {
      return this.#thrown(error);
    }
    next.then(this.#came, this.#thrown);
  }

  /** Its answer is whole, and passed its contract. */
  finish(): StreamClosed {
    return this.#end(undefined, true);
  }

  /** Its answer was read to the end, and is no good. */
  fail(error: unknown): StreamClosed {
    return this.#end(error, false);
  }

  /** The attempt was stopped: its time is up, its caller has gone, or the runtime closes. */
  interrupt(_reason: StopReason): void {
    if (this.#isOver) return;
    if (this.#close === undefined) {
      this.#isOver = true;
      return this.#leave();
    }
    // Time that the reader takes is no fault of the endpoint.
    if (this.#pulledAt === undefined) this.#attempt.isCounted = false;
    const closed = this.#end(undefined, false);
    this.#reader?.failed(closed);
  }

  hasTime(): boolean {
    const { timers, deadline } = this.#attempt;
    if (this.#close === undefined || this.#isOver) return false;
    const idle = this.#pulledAt === undefined ? Infinity : this.#pulledAt + this.#limits.idleMs;
    const due = Math.min(deadline, idle);
    if (due <= timers.clock.now()) {
      if (deadline <= idle) this.limit = undefined;
      return false;
    }
    this.#until(due);
    return true;
  }

  readonly #came = (given: unknown): void => {
    if (this.#isOver) return;
    this.#pulledAt = undefined;
    if (this.#background !== undefined) this.#attempt.waitIn(this.#background);
    try {
      const { done, value } = resultOf(given);
      if (done) {
        this.#sourceEnded = true;
        this.#reader?.ended();
        return;
      }
      this.#isContent(value);
      this.#reader?.chunk(value);
    } catch (error) {
      this.#thrown(error);
    }
  };

  readonly #thrown = (error: unknown): void => {
    if (this.#isOver) return;
    this.#reader?.failed(this.#end(error, false));
  };

  #end(error: unknown, isDone: boolean): StreamClosed {
    this.#isOver = true;
    this.#pulledAt = undefined;
    this.#early = [];
    if (!this.#sourceEnded) this.#leave();
    return (this.#close as (error: unknown, isDone: boolean) => StreamClosed)(error, isDone);
  }

  #leave(): void {
    const source = this.#source;
    this.#source = undefined;
    if (source !== undefined) leaveSource(source);
  }

  /** Until it has content: a limit of its own, where none of the attempt's is earlier. */
  #within(scope: StreamLimit['scope'], ms: number): void {
    const at = this.#attempt.startedAt + ms;
    this.limit = at < this.#latest ? { scope, ms } : undefined;
    this.#until(Math.min(at, this.#latest));
  }

  #until(at: number): void {
    const attempt = this.#attempt;
    attempt.expires = Math.ceil(at);
    // Before the attempt is in the queue its time alone is set.
    if (attempt.nextTimer === undefined && this.#close === undefined) return;
    attempt.timers.remove(attempt);
    attempt.timers.add(attempt);
  }
}

/** Tells a source that nobody reads on. It may hang or throw: nobody waits for it. */
export function leaveSource(source: Source): void {
  try {
    adopted(source.return())?.catch(() => undefined);
  } catch {
    // It has no way to be told.
  }
}

/** @throws TypeError for what is no stream */
export function sourceOf(stream: object): Source {
  // A reader first: the iterator of a `ReadableStream` hears that it is left only when its pending read has ended.
  const getReader: unknown = Reflect.get(stream, 'getReader');
  if (typeof getReader === 'function') {
    const reader = getReader.call(stream) as ReadableStreamDefaultReader<unknown>;
    return { next: () => reader.read(), return: () => reader.cancel() };
  }
  const make: unknown = Reflect.get(stream, Symbol.asyncIterator);
  if (typeof make !== 'function') throw new TypeError(`expected a stream of chunks, got ${told(stream)}`);
  const iterator = make.call(stream) as AsyncIterator<unknown>;
  return { next: () => iterator.next(), return: () => iterator.return?.() };
}

/** @throws TypeError for what no iterator answers */
export function resultOf(result: unknown): { readonly done: boolean; readonly value: unknown } {
  if (typeof result !== 'object' || result === null) throw new TypeError(`A stream answered ${told(result)} for its next chunk.`);
  const value: unknown = Reflect.get(result, 'value');
  // No chunk is a promise: one that rejects is heard, for nobody else would.
  adopted(value)?.catch(() => undefined);
  return { done: Boolean(Reflect.get(result, 'done')), value };
}

/** Whether chunks can be read from it, one by one. */
export function isStream(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (typeof Reflect.get(value, Symbol.asyncIterator) === 'function' || typeof Reflect.get(value, 'getReader') === 'function')
  );
}
