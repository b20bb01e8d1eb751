import { validator, type Verdict } from '../contract/validate.ts';
import { problemsError, UnderstudyError } from '../errors/index.ts';
import type { Attempt, StreamClosed } from '../policies/attempt.ts';
import {
  AttemptStream,
  isStream,
  leaveSource,
  resultOf,
  sourceOf,
  type StreamLimits,
  type StreamReader,
} from '../policies/attempt-stream.ts';
import { failureKind } from '../policies/failure-kind.ts';
import type { FailureClass, RunningAttempt } from '../policies/operation.ts';
import { copyOf } from '../policies/copy-of.ts';
import type { Screened } from '../guards/guard-run.ts';
import type { StreamScreen } from '../guards/stream-screen.ts';
import type { AdapterPredictor, Call } from '../types/index.ts';
import { adopted, atOnce, isPromise } from '../time/index.ts';
import type { Step, Variant } from './plan.ts';
import { Prediction } from './prediction.ts';
import type { OnBreak } from './stream-contract.ts';
import type { AnyStreamContract, MakePrediction, StreamedModel } from './stream-runner.ts';

/** Who is told of what comes of a streamed call. */
export interface StreamListener {
  readonly onBreak: OnBreak;
  chunk(chunk: unknown): void;
  /** What was read is void. */
  reset(reason: string): void;
  /** Whether the reader would be told of a reset. */
  readonly tellsResets: boolean;
  /** Another tier has taken over: the reader may pull again. */
  resumed(): void;
  decided(decision: unknown): void;
  /** There are no more chunks. */
  ended(): void;
  rejected(error: unknown): void;
}

type Check = (chunk: unknown) => Verdict | Promise<Verdict>;

const DEFAULT_MS = 60_000;

/** One call of `stream`: a prediction whose answer is read in chunks, and which ends when that has ended. */
export class StreamedPrediction extends Prediction implements StreamReader {
  readonly #model: StreamedModel;
  readonly #contract: AnyStreamContract;
  readonly #listener: StreamListener;
  readonly #checkChunk: Check;
  /** What has been read since the last reset. */
  chunks: unknown[] = [];
  /** What serves: the stream of an attempt, or chunks of an answer that came whole. */
  #stream: AttemptStream | undefined;
  #attempt: RunningAttempt | undefined;
  #rest: Iterator<unknown> | undefined;
  /** The checked outputs of variants that do not stream; of two attempts at once each has its own. */
  readonly #wholes = new Map<AttemptStream, unknown>();
  #continues = false;
  /** Checks the text of the attempt that is read. */
  #screen: StreamScreen | undefined;
  /** Whether it has let go of what it held back. */
  #isFlushed = false;

  constructor(parts: Parameters<MakePrediction>, model: StreamedModel, listener: StreamListener) {
    super(...parts);
    this.#model = model;
    this.#contract = model.contract;
    this.#listener = listener;
    this.#checkChunk = validator(model.contract.chunk);
  }

  override get delivered(): readonly unknown[] | undefined {
    return this.#continues ? [...this.chunks] : undefined;
  }

  override get isStream(): boolean {
    return true;
  }

  override invoke(input: unknown, attempt: RunningAttempt): unknown {
    const variant = this.step?.variant;
    if (variant === undefined) return undefined;
    const stream = new AttemptStream(attempt as Attempt, limitsOf(variant, this.#model), this.#isContent);
    return stream.open(() => this.#begin(stream, variant, input, attempt));
  }

  /** Chunks are checked one by one, and the output when it is whole. */
  override accept(output: unknown): unknown {
    return output;
  }

  override complete(output: unknown, attempt: RunningAttempt, now: number, resultClass: 'ok' | 'slow'): unknown {
    this.mark(attempt, resultClass);
    // An answer that is gone on with has begun before.
    if (!this.#continues) this.firstContentMs = now - this.startedAt;
    this.#attempt = attempt;
    this.#stream = output as AttemptStream;
    this.#isFlushed = false;
    // An answer that came whole has passed its guards.
    this.#screen = this.#wholes.has(this.#stream) ? undefined : this.#model.screen?.();
    this.#stream.readBy(this);
    return this;
  }

  /** An answer that goes on is gone on with only by who can: all others would begin anew. */
  protected override passesOver(step: Step): boolean {
    return super.passesOver(step) || (this.#continues && step.variant?.stream?.continues !== true);
  }

  /** An answer that is whole already: it is decided at once, and handed out as it is read. */
  protected override answered(step: Step, output: unknown, now: number): unknown {
    let chunks: Iterator<unknown>;
    try {
      chunks = chunksOf(this.#contract, output);
    } catch (error) {
      this.#model.failed('stream.split', error);
      return this.abstain(step, error, now);
    }
    this.#listener.decided(super.answered(step, output, now));
    this.#rest = chunks;
    return this;
  }

  /** Asks for the next chunk: the listener is told of it, of a reset, or of the end. */
  pull(): void {
    if (this.#rest !== undefined) {
      if (this.caller?.aborted === true) return this.#listener.rejected(this.caller.reason);
      const { done, value } = this.#rest.next();
      return done === true ? this.#listener.ended() : this.#handOut(value);
    }
    this.#stream?.pull();
  }

  chunk(chunk: unknown): void {
    if (this.#screen === undefined) return this.#handOut(chunk);
    const safe = this.#safe(this.#screen, chunk as string, false);
    // What is held back comes with a later chunk.
    if (safe === '') queueMicrotask(() => this.#stream?.pull());
    else if (safe !== undefined) this.#handOut(safe);
  }

  ended(): void {
    const stream = this.#stream as AttemptStream;
    const screen = this.#screen;
    if (screen !== undefined && !this.#isFlushed) {
      this.#isFlushed = true;
      const rest = this.#safe(screen, '', true);
      if (rest !== '') return rest === undefined ? undefined : this.#handOut(rest);
    }
    if (this.#wholes.has(stream)) return this.#finish(stream, this.#wholes.get(stream));
    let verdict: Verdict | Promise<Verdict>;
    try {
      verdict = this.deps.check(atOnce(this.#contract.join(this.chunks)));
    } catch (error) {
      this.#model.failed('stream.join', error);
      return this.failed(stream.fail(error));
    }
    if (isPromise(verdict))
      verdict.then(
        (later) => this.#judged(stream, later),
        (error: unknown) => this.#unjudged(stream, error),
      );
    else this.#judged(stream, verdict);
  }

  failed({ error, resultClass, now }: StreamClosed): void {
    const attempt = this.#attempt as RunningAttempt;
    this.#stream = undefined;
    this.record(error, resultClass as FailureClass, attempt.attempt, attempt.startedAt, now);
    this.endedAt = undefined;
    if (resultClass === 'cancelled') {
      this.deps.cancelled(this, error, now);
      return this.#listener.rejected(error);
    }
    const delivered = this.chunks.length;
    const broken = this.step?.name ?? '';
    const cut = (cause: unknown): UnderstudyError => streamCut(this.#model.name, broken, cause, delivered);
    const next = this.#stepAfterBreak();
    if (next === undefined) return this.#listener.rejected(this.deps.failed(this, now, cut(error)));
    this.goTo(next);
    this.#continues = delivered > 0 && this.#listener.onBreak === 'continue';
    const goesOn = (): void => {
      // Only now is there an answer that begins anew.
      if (delivered > 0 && !this.#continues) {
        this.chunks = [];
        this.#listener.reset(`${broken} broke off: ${this.step?.name ?? ''} begins anew.`);
      }
      this.#listener.resumed();
    };
    const ends = (failure: unknown): void => this.#listener.rejected(delivered > 0 ? cut(failure) : failure);
    Promise.resolve(this.proceed(now)).then(goesOn, ends);
  }

  /** The step that takes over what has broken; `undefined`: none may, for its reader has begun. */
  #stepAfterBreak(): number | undefined {
    const next = this.nextStep;
    // Nobody has read anything: as in a call that streams nothing.
    if (this.chunks.length === 0) return next;
    const { onBreak, tellsResets } = this.#listener;
    if (onBreak === 'error' || (onBreak === 'restart' && !tellsResets)) return undefined;
    const { steps } = this.plan;
    if (onBreak === 'restart') return next < steps.length ? next : undefined;
    // No model may be asked any more, and nothing else goes on where it broke.
    if (this.blocked !== undefined) return undefined;
    const continued = steps.findIndex(({ variant }, index) => index >= next && variant?.stream?.continues === true);
    return continued < 0 ? undefined : continued;
  }

  #unjudged(stream: AttemptStream, error: unknown): void {
    if (this.#stream === stream) this.failed(stream.fail(error));
  }

  #judged(stream: AttemptStream, verdict: Verdict): void {
    // Its time was over meanwhile, or its reader has left.
    if (this.#stream !== stream) return;
    if (verdict.problems === undefined) return this.#whole(stream, verdict.value);
    this.failed(stream.fail(this.deps.outputError(verdict, this.step?.name ?? '')));
  }

  /** The answer is whole: guards that need it so have the last word. */
  #whole(stream: AttemptStream, output: unknown): void {
    const screened = this.#screen?.whole(output);
    if (screened === undefined) return this.#finish(stream, output);
    const judged = ({ stop }: Screened): void => {
      // Its time was over meanwhile.
      if (this.#stream !== stream) return;
      if (stop === undefined) this.#finish(stream, output);
      else this.#stopped(stop);
    };
    if (isPromise(screened)) void screened.then(judged);
    else judged(screened);
  }

  #handOut(chunk: unknown): void {
    // What its reader makes of it is his.
    this.chunks.push(copyOf(chunk));
    this.#listener.chunk(chunk);
  }

  /** What guards let through; `undefined`: they have ended the attempt. */
  #safe(screen: StreamScreen, chunk: string, isEnd: boolean): string | undefined {
    try {
      return screen.take(chunk, isEnd);
    } catch (error) {
      this.#stopped(error);
      return undefined;
    }
  }

  #stopped(error: unknown): void {
    const stop = this.#screen?.stop;
    if (stop?.isFinal === true) this.blocked = stop.error;
    this.failed((this.#stream as AttemptStream).fail(error));
  }

  #finish(stream: AttemptStream, output: unknown): void {
    const step = this.step as Step;
    const { now, resultClass } = stream.finish();
    this.#stream = undefined;
    this.mark(this.#attempt as RunningAttempt, resultClass === 'slow' ? 'slow' : 'ok');
    this.endedAt = now;
    step.variant?.reuse?.keep(this, output, this.#attempt as RunningAttempt, now);
    this.#listener.decided(this.deps.served(this, step, output, now));
    this.#listener.ended();
  }

  /** The stream of a variant; the chunks of what it answers whole. */
  #begin(stream: AttemptStream, { predictor, name }: Variant, input: unknown, attempt: RunningAttempt): unknown {
    // Nothing of an answer may be read before its guards have seen all of it.
    const answer: unknown = this.#model.guarded ? predictor(input, attempt) : predictor.stream?.(input, attempt);
    const later = adopted(answer);
    return later === undefined
      ? this.#streamOf(stream, answer, name)
      : later.then((value) => this.#streamOf(stream, value, name));
  }

  #streamOf(stream: AttemptStream, answer: unknown, name: string): unknown {
    if (isStream(answer)) return answer;
    const checked = this.deps.accept(answer, name, this);
    return isPromise(checked) ? checked.then((output) => this.#wholeOf(stream, output)) : this.#wholeOf(stream, checked);
  }

  #wholeOf(stream: AttemptStream, output: unknown): AsyncIterable<unknown> {
    const chunks = chunksOf(this.#contract, output);
    this.#wholes.set(stream, output);
    return { [Symbol.asyncIterator]: () => ({ next: async () => chunks.next() }) };
  }

  readonly #isContent = (chunk: unknown): boolean => {
    const verdict = atOnceOf(this.#checkChunk(chunk));
    if (verdict.problems !== undefined) throw this.deps.outputError(verdict, this.step?.name ?? '');
    const isContent: unknown = atOnce(this.#contract.isContent(chunk));
    if (typeof isContent === 'boolean') return isContent;
    throw new TypeError('isContent() must answer true or false at once.');
  };
}

/** @throws TypeError for a verdict that comes later */
function atOnceOf(verdict: Verdict | Promise<Verdict>): Verdict {
  if (!isPromise(verdict)) return verdict;
  verdict.catch(() => undefined);
  throw new TypeError('The contract of a chunk must answer at once: use a schema that is not asynchronous.');
}

/** @throws TypeError where `split` answers no chunks at once */
function chunksOf(contract: AnyStreamContract, output: unknown): Iterator<unknown> {
  const chunks: unknown = atOnce(contract.split(output));
  if (typeof chunks === 'object' && chunks !== null && Symbol.iterator in chunks)
    return Array.from(chunks as Iterable<unknown>).values();
  throw new TypeError('split() must answer an iterable of chunks at once.');
}

function limitsOf({ stream }: Variant, { options }: StreamedModel): StreamLimits {
  return {
    connectMs: stream?.connectMs ?? options.connectMs ?? Infinity,
    firstContentMs: stream?.firstContentMs ?? options.firstContentMs ?? DEFAULT_MS,
    idleMs: stream?.idleMs ?? options.idleMs ?? DEFAULT_MS,
  };
}

function streamCut(model: string, from: string, cause: unknown, delivered: number): UnderstudyError {
  return new UnderstudyError(
    'STREAM_CUT',
    `The answer of "${from}" for model "${model}" broke off after ${delivered} chunks: read its cause. model.stream() can go on after a break: see its option onBreak.`,
    { cause, retryable: true, details: { model, variant: from, delivered, kind: failureKind(cause) } },
  );
}

/** A predictor that answers whole: what it streams is collected. */
export function collecting(predictor: AdapterPredictor, contract: AnyStreamContract): AdapterPredictor {
  const check = validator(contract.chunk);
  // The signal is made when it is first read: who streams nothing does not pay for it.
  const whole = (answer: unknown, call: Call): unknown =>
    isStream(answer) ? collect(answer, check, call).then((chunks) => atOnce(contract.join(chunks))) : answer;
  return Object.assign(
    (input: unknown, call: Call): unknown => {
      const answer: unknown = predictor(input, call);
      if (isStream(answer)) return whole(answer, call);
      return adopted(answer)?.then((value) => whole(value, call)) ?? answer;
    },
    {
      // Streams are read as they come, from whatever answers them.
      stream: predictor.stream ?? predictor,
      ...(predictor.predictBatch === undefined ? {} : { predictBatch: predictor.predictBatch }),
      ...(predictor.describe === undefined ? {} : { describe: () => predictor.describe?.() ?? {} }),
      ...(predictor.close === undefined ? {} : { close: () => predictor.close?.() }),
    },
  ) as AdapterPredictor;
}

/** All chunks of a stream, which is left where nobody waits for it any more. */
async function collect(stream: object, check: Check, call: Call): Promise<unknown[]> {
  const { signal } = call;
  const source = sourceOf(stream);
  const chunks: unknown[] = [];
  const left = (): void => leaveSource(source);
  signal.addEventListener('abort', left, { once: true });
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- in order
      const { done, value } = resultOf(await source.next());
      if (done) return chunks;
      const { problems, more, cause } = atOnceOf(check(value));
      if (problems !== undefined) throw problemsError('OUTPUT_INVALID', 'A chunk of the output', problems, cause, more);
      chunks.push(value);
      // Chunks that come at once leave no turn to the timers.
      if (call.remainingMs <= 0)
        throw new UnderstudyError('TIMEOUT', 'The stream was not over in time: raise deadlineMs, or its timeout.', {
          retryable: true,
        });
    }
  } catch (error) {
    left();
    throw error;
  } finally {
    signal.removeEventListener('abort', left);
  }
}
