import { safeCause, UnderstudyError } from '../errors/index.ts';
import type { Attempt, StreamClosed } from '../policies/attempt.ts';
import { AttemptStream, type StreamLimits, type StreamReader } from '../policies/attempt-stream.ts';
import { failureKind } from '../policies/failure-kind.ts';
import type { TimerHandle } from '../time/index.ts';
import type { AnswerWatch } from './answer-watch.ts';
import { streamCut } from './body-events.ts';

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** What a {@link GuardedBody} is made of. */
export interface GuardedBodyParts {
  readonly attempt: Attempt;
  readonly limits: StreamLimits;
  readonly watch: AnswerWatch;
  /** The body as it comes. */
  readonly reader: Reader;
  /** Method and address without its query. */
  readonly where: string;
  /** The caller's signal. */
  readonly caller: AbortSignal | undefined;
  /** Told how it has ended, after it was opened. */
  readonly closed: (end: StreamClosed) => void;
}

/** So long, in milliseconds, a server may take to end a body whose answer is whole. */
const LAST_BYTES_MS = 250;

/**
 * The body of a response, handed out byte for byte as it comes, while its attempt goes on: it is pulled only when its reader pulls, and it fails
 * where its answer breaks off.
 */
export class GuardedBody implements StreamReader {
  readonly stream: ReadableStream<Uint8Array>;
  /** What came before the first content. */
  early: Uint8Array[] = [];
  readonly #parts: GuardedBodyParts;
  readonly #source: AttemptStream;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOpen = false;
  #isClosed = false;
  /** Whether only what comes after the end of the answer is read. */
  #isTail = false;
  #delivered = 0;
  /** Ends the `pull` of the stream. */
  #pulled: (() => void) | undefined;

  constructor(parts: GuardedBodyParts) {
    this.#parts = parts;
    this.#source = new AttemptStream(parts.attempt, parts.limits, this.#isContent);
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () =>
          new Promise<void>((done) => {
            this.#pulled = done;
            if (!this.#isTail) this.#source.pull();
          }),
        cancel: () => this.#left(),
      },
      { highWaterMark: 0 },
    );
    // At once where it is stopped: what is told after an attempt has ended is not counted.
    parts.attempt.signal.addEventListener('abort', this.#report);
  }

  /** Waits for the first content. @throws UnderstudyError what keeps it from coming */
  async open(): Promise<void> {
    try {
      await this.#source.open(() => ({ [Symbol.asyncIterator]: () => ({ next: this.#next, return: this.#return }) }));
      this.#isOpen = true;
      this.early = [];
      this.#source.readBy(this);
    } catch (error) {
      this.#report();
      throw error;
    }
  }

  chunk(chunk: unknown): void {
    const { watch } = this.#parts;
    const bytes = chunk as Uint8Array;
    this.#delivered += bytes.byteLength;
    this.#controller?.enqueue(bytes);
    // A read may have brought more than the reader has asked for.
    if (this.#delivered === watch.bytes && (watch.error !== undefined || watch.isWhole)) this.#answered();
    this.#wake();
  }

  ended(): void {
    this.#parts.closed(this.#source.finish());
    this.#close();
  }

  failed(end: StreamClosed): void {
    const { caller, closed, where } = this.#parts;
    closed(end);
    this.#isClosed = true;
    const isLeft = end.resultClass === 'cancelled' || caller?.aborted === true;
    this.#controller?.error(isLeft ? (caller?.reason ?? end.error) : cut(where, end.error, this.#delivered));
    this.#wake();
  }

  /** The answer has ended, well or by an error that its reader gets to see. */
  #answered(): void {
    const { watch, closed } = this.#parts;
    this.#report();
    this.#isTail = watch.error === undefined;
    closed(watch.error === undefined ? this.#source.finish() : this.#source.fail(watch.error));
    if (this.#isTail) void this.#readTail();
    else this.#close();
  }

  /** Hands on what comes after the answer, for a moment: the connection can be used again when the server has ended it. */
  async #readTail(): Promise<void> {
    const { reader, attempt } = this.#parts;
    const { clock } = attempt.timers;
    const leave = (): void => void reader.cancel().catch(() => undefined);
    const timer: TimerHandle = clock.schedule(leave, LAST_BYTES_MS, true);
    try {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- in order
        const { done, value } = await reader.read();
        if (done || this.#isClosed) break;
        this.#controller?.enqueue(value);
      }
    } catch {
      // The answer is whole: what happens to its connection is of no matter.
    } finally {
      clock.cancel(timer);
      this.#close();
    }
  }

  #close(): void {
    if (!this.#isClosed) this.#controller?.close();
    this.#isClosed = true;
    this.#wake();
  }

  /** Its reader has cancelled it. */
  #left(): void {
    const { attempt, reader } = this.#parts;
    this.#isClosed = true;
    if (this.#isTail) reader.cancel().catch(() => undefined);
    else attempt.callerAborted();
  }

  #wake(): void {
    this.#pulled?.();
    this.#pulled = undefined;
  }

  readonly #isContent = (chunk: unknown): boolean => {
    const { watch } = this.#parts;
    if (!this.#isOpen) this.early.push(chunk as Uint8Array);
    try {
      watch.feed(chunk as Uint8Array);
    } catch (error) {
      this.#report();
      throw error;
    }
    if (!this.#isOpen && watch.error !== undefined) throw watch.error;
    return watch.hasContent;
  };

  readonly #next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    const { reader, watch, where, attempt } = this.#parts;
    let result: Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;
    try {
      result = await reader.read();
    } catch (cause) {
      this.#report();
      if (attempt.signal.aborted || UnderstudyError.is(cause)) throw cause;
      throw streamCut(where, 'lost its connection in the middle of its answer', safeCause(cause));
    }
    if (!result.done) return result;
    try {
      watch.end();
    } finally {
      this.#report();
    }
    return { done: true, value: undefined };
  };

  readonly #return = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    if (!this.#isTail) await this.#parts.reader.cancel();
    return { done: true, value: undefined };
  };

  /** Before the attempt ends: what is told later is not counted. */
  readonly #report = (): void => {
    const { attempt, watch } = this.#parts;
    attempt.signal.removeEventListener('abort', this.#report);
    const report = watch.report();
    if (report !== undefined) attempt.report(report);
  };
}

function cut(where: string, cause: unknown, delivered: number): UnderstudyError {
  return new UnderstudyError('STREAM_CUT', `The answer of ${where} broke off after ${delivered} bytes: read its cause.`, {
    cause,
    retryable: true,
    details: { delivered, kind: failureKind(cause) },
  });
}
