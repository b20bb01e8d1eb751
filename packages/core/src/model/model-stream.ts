import { callback, kind, type Kinds, readOptions, required, text } from '../errors/index.ts';
import { isSchema } from '../contract/validate.ts';
import { joinSignals } from '../policies/join-signals.ts';
import { copyOf } from '../policies/copy-of.ts';
import type { OutOf, Schema } from '../types/index.ts';
import { atOnce } from '../time/index.ts';
import type { Decision } from './decision.ts';
import type { StreamCallOptions } from './model-api.ts';
import type { ModelStream, OnBreak, StreamContract, StreamEvent } from './stream-contract.ts';
import type { StreamedModel, StreamRunner } from './stream-runner.ts';
import { collecting, StreamedPrediction, type StreamListener } from './streamed-prediction.ts';

type AnyDecision = Decision<unknown, unknown>;

/** A read that waits: for chunks, or for events. */
interface Waiting {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: unknown) => void;
  readonly asEvents: boolean;
}

const END: IteratorResult<never, undefined> = Object.freeze({ done: true, value: undefined });

/** The reader's side of a streamed call: one chunk is fetched for each that is asked for. */
class OpenModelStream implements StreamListener {
  readonly decision: Promise<AnyDecision>;
  readonly onBreak: OnBreak;
  readonly #onReset: ((reason: string) => unknown) | undefined;
  readonly #model: StreamedModel;
  readonly #left = new AbortController();
  readonly #release: (() => void) | undefined;
  readonly #settle: PromiseWithResolvers<AnyDecision>;
  #prediction: StreamedPrediction | undefined;
  /** Whether somebody reads `events()`, who sees where the answer begins anew. */
  #asEvents = false;
  #isOpen = false;
  #end: { readonly error: unknown } | 'done' | undefined;
  #waiting: Waiting | undefined;
  /** The read that was asked for last: those that do not wait for it are answered in turn. */
  #last: Promise<IteratorResult<unknown, undefined>> = Promise.resolve(END);
  #queued = 0;
  #reset: string | undefined;

  constructor(model: StreamedModel, input: unknown, options: StreamCallOptions) {
    this.#model = model;
    this.#settle = Promise.withResolvers<AnyDecision>();
    this.decision = this.#settle.promise;
    // Nobody has to listen to it.
    this.decision.catch(() => undefined);
    const wrong = model.wrong(options);
    const { onBreak = model.options.onBreak ?? 'error', onReset, ...call } = wrong === undefined ? options : {};
    this.#onReset = onReset;
    this.onBreak = onBreak;
    if (wrong !== undefined) {
      this.rejected(wrong);
      return;
    }
    const joined = call.signal === undefined ? undefined : joinSignals(call.signal, this.#left.signal);
    this.#release = joined?.release;
    const made = (...parts: ConstructorParameters<typeof StreamedPrediction>[0]): StreamedPrediction =>
      (this.#prediction = new StreamedPrediction(parts, model, this));
    model.begin(input, { ...call, signal: joined?.signal ?? this.#left.signal }, made).then(
      () => this.resumed(),
      (error: unknown) => this.rejected(error),
    );
  }

  get delivered(): readonly unknown[] {
    return copyOf(this.#prediction?.chunks ?? []);
  }

  read(asEvents: boolean): Promise<IteratorResult<unknown, undefined>> {
    if (asEvents) this.#asEvents = true;
    if (this.#waiting === undefined && this.#queued === 0) return (this.#last = this.#readNow(asEvents));
    this.#queued++;
    const inTurn = (): Promise<IteratorResult<unknown, undefined>> => {
      this.#queued--;
      return this.#readNow(asEvents);
    };
    return (this.#last = this.#last.then(inTurn, inTurn));
  }

  leave(reason: unknown = new DOMException('The reader has left the stream before its end.', 'AbortError')): void {
    if (this.#end !== undefined) return;
    // Who leaves is told of no error: the stream has ended.
    this.#waiting?.resolve(END);
    this.#waiting = undefined;
    this.#left.abort(reason);
    // A call that is over, or hangs in code that is not ours, tells no more.
    this.rejected(reason);
    this.#end = 'done';
  }

  // ---- what the prediction tells

  chunk(chunk: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({ done: false, value: waiting.asEvents ? { type: 'chunk', chunk } : chunk });
  }

  reset(reason: string): void {
    if (this.#asEvents) this.#reset = reason;
    try {
      atOnce(this.#onReset?.(reason));
    } catch (error) {
      this.#model.failed('onReset', error);
    }
  }

  resumed(): void {
    this.#isOpen = true;
    if (this.#waiting !== undefined) this.#pull();
  }

  decided(decision: unknown): void {
    this.#settle.resolve(this.#model.kept(decision as AnyDecision));
  }

  ended(): void {
    this.#over('done');
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(END);
  }

  rejected(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#over({ error });
    this.#settle.reject(error);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    this.#end = 'done';
    waiting.reject(error);
  }

  /** Whether a reader would be told of a reset: else a stream that breaks has broken. */
  get tellsResets(): boolean {
    return this.#asEvents || this.#onReset !== undefined;
  }

  #readNow(asEvents: boolean): Promise<IteratorResult<unknown, undefined>> {
    const end = this.#end;
    if (end === 'done') return Promise.resolve(END);
    if (end !== undefined) {
      this.#end = 'done';
      return Promise.reject(end.error);
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, asEvents };
      if (this.#isOpen) this.#pull();
    });
  }

  #pull(): void {
    const [reason, waiting] = [this.#reset, this.#waiting];
    if (reason === undefined || waiting?.asEvents !== true) return this.#prediction?.pull();
    this.#reset = this.#waiting = undefined;
    waiting.resolve({ done: false, value: { type: 'reset', reason } });
  }

  #over(end: 'done' | { readonly error: unknown }): void {
    this.#end = end;
    this.#release?.();
  }
}

function publicStream(stream: OpenModelStream): ModelStream<unknown, AnyDecision> {
  const left = async (): Promise<IteratorReturnResult<undefined>> => {
    stream.leave();
    return END as IteratorReturnResult<undefined>;
  };
  const chunks: ModelStream<unknown, AnyDecision> = {
    decision: stream.decision,
    get delivered() {
      return stream.delivered;
    },
    next: () => stream.read(false),
    return: left,
    [Symbol.asyncIterator]: () => chunks,
    events: () => {
      const events: AsyncIterableIterator<StreamEvent<unknown>> = {
        next: () => stream.read(true) as Promise<IteratorResult<StreamEvent<unknown>, undefined>>,
        return: left,
        [Symbol.asyncIterator]: () => events,
      };
      return events;
    },
    toReadableStream: () =>
      new ReadableStream<unknown>(
        {
          pull: async (controller) => {
            const { done, value } = await chunks.next();
            if (done === true) controller.close();
            else controller.enqueue(value);
          },
          cancel: (reason) => stream.leave(reason),
        },
        { highWaterMark: 0 },
      ),
    cancel: (reason) => stream.leave(reason),
  };
  return chunks;
}

const RUNNER: StreamRunner = {
  start: (model, input, options) => publicStream(new OpenModelStream(model, input, options)),
  collecting,
};

/** What a stream of your own is made of. */
export interface ChunkStreamOptions<S extends Schema, O, Raw> {
  /** Checks each chunk; any Standard Schema that answers at once. Chunks are checked, not changed. */
  readonly chunk: S;
  /** The output that the chunks make together. */
  readonly join: (chunks: readonly OutOf<S>[]) => Raw;
  /** The chunks of an output that came whole. */
  readonly split: (output: O) => Iterable<OutOf<S>>;
  /** Whether a chunk holds content: until the first that does, another tier can take over unseen. @defaultValue every chunk does */
  readonly isContent?: (chunk: OutOf<S>) => boolean;
}

/**
 * Answers that come in chunks of your own: `contract.stream` of a model. `join` and `split` are each other's inverse.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function chunkStream<S extends Schema, O, Raw = O>(
  options: ChunkStreamOptions<S, O, Raw>,
): StreamContract<OutOf<S>, O, Raw> {
  const { isContent = () => true, ...rest } = readOptions(
    'chunkStream',
    options,
    CHUNK_STREAM as Kinds<ChunkStreamOptions<S, O, Raw>>,
    {},
  );
  return { ...rest, isContent, '~runner': RUNNER };
}

const CHUNK_STREAM: Kinds<ChunkStreamOptions<Schema, unknown, unknown>> = {
  chunk: required(kind(isSchema, 'a Standard Schema, such as one of zod 4, valibot or arktype')),
  join: required(callback),
  split: required(callback),
  isContent: callback,
};

/** Answers of text that come in pieces: `contract.stream` of a model whose output is a text. */
export function textStream(): StreamContract<string, string, string>;
/** The same where the text is one field of the output, and its only one. */
export function textStream<F extends string>(options: {
  readonly field: F;
}): StreamContract<string, { readonly [P in F]: string }, { [P in F]: string }>;
export function textStream(options: { readonly field?: string } = {}): StreamContract<string, never, unknown> {
  const { field } = readOptions('textStream', options, { field: text }, {});
  const whole = (output: unknown): string => (field === undefined ? output : Reflect.get(output as object, field)) as string;
  return {
    chunk: TEXT,
    join: (chunks) => (field === undefined ? chunks.join('') : { [field]: chunks.join('') }),
    split: (output) => {
      const answer = whole(output);
      return answer === '' ? [] : [answer];
    },
    isContent: (chunk) => chunk !== '',
    '~text': field ?? '',
    '~runner': RUNNER,
  };
}

/** A text; without zod, which not everybody has. */
const TEXT: Schema = {
  '~standard': {
    version: 1,
    vendor: 'understudy',
    validate: (value) => (typeof value === 'string' ? { value } : { issues: [{ message: 'expected a text' }] }),
  },
};
