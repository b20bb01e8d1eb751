import { safeCause, UnderstudyError } from '../errors/index.ts';
import { tooLarge } from './response-text.ts';

/** Where a stream comes from, and what it may hold. */
export interface StreamSource {
  /** Method and address without its query: `POST https://host/path`. */
  readonly where: string;
  /** Ends a read that is pending. */
  readonly signal: AbortSignal;
  /** Bytes of the whole body, after decompression. */
  readonly maxBytes: number;
  /** Characters of one event, and of one line. */
  readonly maxEventCharacters: number;
}

/** One event of a stream. */
export interface ServerEvent {
  /** The name that the server gave it. */
  readonly event?: string | undefined;
  readonly data: string;
}

/** Cuts text into events, whatever pieces it comes in. */
export interface Splitter {
  feed(text: string): void;
  /** Nothing more comes: what stands at the end without its line end is handed on, whole or not. */
  end(): void;
}

/** A body as events, read only as far as somebody asks for the next one. */
export interface BodyEvents<E> {
  /**
   * The next event; `undefined` at the end of the body.
   *
   * @throws UnderstudyError `STREAM_CUT` (the connection is lost), `RESPONSE_INVALID` (too large). After an abort the signal's reason.
   */
  next(): Promise<E | undefined>;
  /** The next event where it has come already; `undefined`: ask `next()`. */
  ready(): E | undefined;
  /** Whether the body is at its end: an event that comes then had no line end after it, and may be half of one. */
  readonly ended: boolean;
  /** Frees the connection. After the last event that matters (`whole`) the server gets a moment to end the body itself, so that the connection can be used again. */
  close(whole: boolean): void;
}

/** So long a server may take to end a body whose last event has come. */
const LAST_BYTES_MS = 20;

/**
 * Reads a body of UTF-8 text into events.
 *
 * @param splitter makes what cuts the text; it calls `emit` for each event
 */
export function bodyEvents<E>(
  body: ReadableStream<Uint8Array> | null,
  source: StreamSource,
  splitter: (emit: (event: E) => void) => Splitter,
): BodyEvents<E> {
  const { where, signal, maxBytes } = source;
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let events: E[] = [];
  let read = 0;
  let bytes = 0;
  let ended = reader === undefined;
  const split = splitter((event) => events.push(event));

  // A cancelled reader answers at once, also where the source hears nothing.
  const stop = (): void => void reader?.cancel(signal.reason).catch(() => undefined);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });

  const readMore = async (): Promise<void> => {
    const value = await readFrom(reader, where, signal);
    if (signal.aborted) throw signal.reason;
    events = [];
    read = 0;
    if (value === undefined) {
      ended = true;
      split.feed(decoder.decode());
      split.end();
      return;
    }
    bytes += value.byteLength;
    if (bytes > maxBytes) throw tooLarge(where, maxBytes);
    split.feed(decoder.decode(value, { stream: true }));
  };

  return {
    next: async () => {
      // What was read before an abort is not handed on after it.
      if (signal.aborted) throw signal.reason;
      // oxlint-disable-next-line no-await-in-loop, no-unmodified-loop-condition -- readMore() ends it
      while (read === events.length && !ended) await readMore();
      return read < events.length ? events[read++] : undefined;
    },
    ready: () => (read < events.length ? events[read++] : undefined),
    get ended() {
      return ended;
    },
    close: (whole) => {
      signal.removeEventListener('abort', stop);
      if (ended || reader === undefined) return;
      ended = true;
      if (whole) void drain(reader);
      else stop();
    },
  };
}

/** The next bytes; `undefined` at the end. */
async function readFrom(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  where: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return (await reader?.read())?.value;
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (UnderstudyError.is(cause)) throw cause;
    throw streamCut(where, 'lost its connection in the middle of its answer', safeCause(cause));
  }
}

/** Reads what is left of a body that is at its end, for a moment; then the connection is given up. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), LAST_BYTES_MS);
  try {
    const { done } = await reader.read();
    if (!done) await reader.cancel();
  } catch {
    // The answer is whole: what happens to its connection is of no matter.
  } finally {
    clearTimeout(timer);
  }
}

/** The error for a stream that ends before its answer is whole. */
export function streamCut(where: string, what: string, cause?: Error): UnderstudyError {
  return new UnderstudyError('STREAM_CUT', `${where} ${what}.`, {
    retryable: true,
    details: { kind: 'stream-cut' },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for one event, or one line, that is over its bound. */
export function eventTooLarge(source: Pick<StreamSource, 'where' | 'maxEventCharacters'>): UnderstudyError {
  return new UnderstudyError(
    'RESPONSE_INVALID',
    `${source.where} sent one event of more than ${source.maxEventCharacters} characters: raise maxResponseBytes if that is right.`,
    { details: { maxEventCharacters: source.maxEventCharacters } },
  );
}
