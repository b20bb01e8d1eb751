import type { Schema } from '../types/index.ts';

/**
 * How an answer comes in chunks. {@link textStream} makes one for text, {@link chunkStream} one for chunks of your own.
 *
 * @typeParam C a chunk
 * @typeParam O the output, after its contract
 * @typeParam Raw the output before its contract
 */
export interface StreamContract<C, O, Raw> {
  /** Checks each chunk; it must answer at once. Chunks are checked, not changed. */
  readonly chunk: Schema;
  /** The output that the chunks make together. */
  join(chunks: readonly C[]): Raw;
  /** The chunks of an output that came whole: from rules, a fixed output, a variant that does not stream, a cache. */
  split(output: O): Iterable<C>;
  /** Whether a chunk holds content: until the first that does, another tier can take over unseen. */
  isContent(chunk: C): boolean;
  /** The field of the output that the chunks are the text of, empty where they are the output; `undefined` where they are no texts. */
  readonly '~text'?: string | undefined;
  /** What runs streams; see `stream-runner.ts`. */
  readonly '~runner': unknown;
}

/** Limits of streams, and what happens to one that breaks. */
export interface StreamOptions {
  /** Until a variant has begun to answer, in milliseconds; `Infinity`: as long as `firstContentMs`. @defaultValue Infinity */
  readonly connectMs?: number;
  /** From the start of an attempt to its first chunk with content, in milliseconds. The policy `timeout` counts until then too. @defaultValue 60000 (use 180000 for a model that reasons) */
  readonly firstContentMs?: number;
  /** Between two chunks while the reader waits, in milliseconds. @defaultValue 60000 (use 120000 for a model that reasons) */
  readonly idleMs?: number;
  /**
   * What happens when a stream breaks after its first content was read. `error`: the reader gets `STREAM_CUT`. `restart`: the next tier begins
   * the answer anew, and the reader is told. `continue`: the next variant that says `continues` goes on where it broke.
   * @defaultValue 'error'
   */
  readonly onBreak?: OnBreak;
}

export type OnBreak = 'error' | 'restart' | 'continue';

/** The same for one variant. */
export interface VariantStreamOptions extends Pick<StreamOptions, 'connectMs' | 'firstContentMs' | 'idleMs'> {
  /** Whether its predictor goes on after `call.delivered` without repeating it. @defaultValue false */
  readonly continues?: boolean;
}

/** One step of a stream, for a reader that wants to know where an answer begins again. */
export type StreamEvent<C> =
  | { readonly type: 'chunk'; readonly chunk: C }
  /** What was read so far is void: the answer begins anew, from another tier. */
  | { readonly type: 'reset'; readonly reason: string };

/**
 * An answer that is read in chunks. It has begun when it is made; chunks are fetched as they are asked for. It has one reader: all ways of
 * reading it share one place. Who leaves it before its end (`break`, `return()`, `cancel()`) cancels the call.
 */
export interface ModelStream<C, D> extends AsyncIterableIterator<C> {
  /**
   * The decision, when the stream has ended well. Rejects with what the reader gets: `NOTHING_SERVED`, `STREAM_CUT`, the caller's abort; with an
   * `AbortError` where the reader has left it. Nobody has to listen.
   */
  readonly decision: Promise<D>;
  /** What was read so far, since the last reset. */
  readonly delivered: readonly C[];
  /** The chunks, and where the answer began anew. */
  events(): AsyncIterableIterator<StreamEvent<C>>;
  /** The chunks for a response: they are fetched as it is read, and the call is cancelled when it is. */
  toReadableStream(): ReadableStream<C>;
  /** Leaves it, as `return()` does. @param reason of the abort that its variant sees */
  cancel(reason?: unknown): void;
}
