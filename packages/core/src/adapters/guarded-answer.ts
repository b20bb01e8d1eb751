import { isRecord, UnderstudyError } from '../errors/index.ts';
import type { Attempt, StreamClosed } from '../policies/attempt.ts';
import type { StreamLimits } from '../policies/attempt-stream.ts';
import { isExhausted } from '../policies/classify.ts';
import { AnswerWatch } from './answer-watch.ts';
import { GuardedBody } from './guarded-body.ts';
import { reportOfDocument } from './known-answers.ts';
import { asRecord, EXCERPT_CHARACTERS } from './json-response.ts';
import { endpointLimits } from './rate-headers.ts';
import { saidError } from './said-error.ts';
import { statusError } from './status-error.ts';

/** What is known of the request of an answer. */
export interface GuardedRequest {
  readonly method: string;
  readonly url: string;
  /** Characters of its body, where that is a text. */
  readonly inputCharacters: number;
  /** Whether its body asks for a stream. */
  readonly asksForStream: boolean;
  readonly caller: AbortSignal | undefined;
  readonly limits: StreamLimits;
  /** Told how a stream has ended that was handed out. */
  readonly closed: (end: StreamClosed) => void;
  /** The response to hand out when no attempt is left after such an error. */
  readonly answers: WeakMap<object, Response>;
}

/** Bytes of JSON that are read before the response is handed out. */
const MAX_JSON_BYTES = 4 * 1024 * 1024;
/** So long, in milliseconds, they may take. */
const JSON_MS = 1000;
const STREAM = /^(?:text\/event-stream|application\/(?:x-)?(?:ndjson|jsonl(?:ines)?))\b/i;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i;

/**
 * The response as it is to be handed out, and what it tells of tokens and limits, reported to its attempt. A stream is handed out when its first
 * content is there.
 */
export async function guardedAnswer(response: Response, attempt: Attempt, request: GuardedRequest): Promise<Response> {
  const limits = endpointLimits(response.headers, attempt.timers.clock.wall());
  if (limits !== undefined) attempt.report({ limits });
  const contentType = (response.headers.get('content-type') ?? '').trim().toLowerCase();
  if (response.ok && request.asksForStream && isNoStream(response, contentType))
    throw await noStream(response, contentType, attempt, request);
  if (response.body === null || response.body.locked) return response;
  if (response.ok && STREAM.test(contentType)) return openStream(response, response.body, contentType, attempt, request);
  if (!JSON_TYPE.test(contentType) || request.method !== 'POST' || (!response.ok && response.status !== 429)) return response;
  const { text, body } = await smallText(response.body, attempt);
  const same = like(response, body);
  if (text === undefined) return same;
  if (response.ok) report(text, attempt);
  else throwExhausted(text, same, attempt, request);
  return same;
}

const whereOf = ({ method, url }: GuardedRequest): string => `${method} ${url.split(/[?#]/, 1)[0] ?? ''}`;

/** What no client reads as a stream: it would take it for an empty answer. Of other types nobody knows. */
const isNoStream = ({ body }: Response, contentType: string): boolean =>
  body === null || (!STREAM.test(contentType) && (JSON_TYPE.test(contentType) || contentType.startsWith('text/html')));

/** What such an answer says, where it is an error; else that it is no stream. */
async function noStream(response: Response, contentType: string, attempt: Attempt, request: GuardedRequest): Promise<Error> {
  const where = whereOf(request);
  const { text = '', body } =
    response.body === null || response.body.locked ? { body: null } : await smallText(response.body, attempt);
  body?.cancel().catch(() => undefined);
  const error = JSON_TYPE.test(contentType) ? errorIn(text) : undefined;
  if (error !== undefined) return saidError('HTTP_STATUS', where, error);
  const what = response.body === null ? 'without a body' : `with ${contentType}`;
  return new UnderstudyError('RESPONSE_INVALID', `${where} answered ${what}, where a stream was asked for.`, {
    retryable: true,
    details: { contentType, body: text.slice(0, EXCERPT_CHARACTERS) },
  });
}

function errorIn(text: string): unknown {
  try {
    return asRecord(JSON.parse(text))['error'] ?? undefined;
  } catch {
    return undefined;
  }
}

/** A quota that is gone comes under the status of a passing limit: another try cannot mend it. */
function throwExhausted(text: string, response: Response, attempt: Attempt, request: GuardedRequest): void {
  const error = statusError(whereOf(request), response, text, attempt.timers.clock.wall());
  if (!isExhausted(error)) return;
  request.answers.set(error, response);
  throw error;
}

async function openStream(
  response: Response,
  body: ReadableStream<Uint8Array>,
  contentType: string,
  attempt: Attempt,
  request: GuardedRequest,
): Promise<Response> {
  const { caller, limits, closed, inputCharacters } = request;
  const where = whereOf(request);
  const watch = new AnswerWatch({ where, contentType, inputCharacters });
  const guarded = new GuardedBody({ attempt, limits, watch, reader: body.getReader(), where, caller, closed });
  try {
    await guarded.open();
  } catch (error) {
    const said = watch.error;
    if (said === error && said?.code === 'STREAM_CUT') request.answers.set(said, like(response, bodyOf(guarded.early)));
    throw error;
  }
  return like(response, guarded.stream);
}

/** A body that is small and quick is read within the attempt; of another one `text` is `undefined`. `body` has all its bytes. */
async function smallText(
  given: ReadableStream<Uint8Array>,
  attempt: Attempt,
): Promise<{ readonly text: string | undefined; readonly body: ReadableStream<Uint8Array> }> {
  const { clock } = attempt.timers;
  const reader = given.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const late = Promise.withResolvers<undefined>();
  const timer = clock.schedule(() => late.resolve(undefined), JSON_MS, true);
  try {
    while (bytes <= MAX_JSON_BYTES) {
      const reading = reader.read();
      // oxlint-disable-next-line no-await-in-loop -- in order
      const result = await Promise.race([reading, late.promise]);
      if (result === undefined) return { text: undefined, body: bodyOf(chunks, reader, reading) };
      if (result.done) return { text: textOf(chunks), body: bodyOf(chunks) };
      chunks.push(result.value);
      bytes += result.value.byteLength;
    }
    return { text: undefined, body: bodyOf(chunks, reader) };
  } finally {
    clock.cancel(timer);
  }
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
}

function report(text: string, attempt: Attempt): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return; // Its reader will see that it is no JSON.
  }
  const told = isRecord(document) ? reportOfDocument(document) : undefined;
  if (told !== undefined) attempt.report(told);
}

type Reading = Promise<Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>>;

/** Chunks that are there, then what a reader brings. @param pending its read that waits already */
function bodyOf(
  chunks: readonly Uint8Array[],
  reader?: ReadableStreamDefaultReader<Uint8Array>,
  pending?: Reading,
): ReadableStream<Uint8Array> {
  let at = 0;
  let waiting = pending;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const chunk = chunks[at++];
        if (chunk !== undefined) return controller.enqueue(chunk);
        const result = await (waiting ?? reader?.read());
        waiting = undefined;
        if (result === undefined || result.done) controller.close();
        else controller.enqueue(result.value);
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** A response with another body. */
function like({ status, statusText, headers, url, redirected, type }: Response, body: ReadableStream<Uint8Array>): Response {
  const made = new Response(body, { status, statusText, headers });
  const value = (given: unknown): PropertyDescriptor => ({ value: given, configurable: true, enumerable: true });
  return Object.defineProperties(made, { url: value(url), redirected: value(redirected), type: value(type) });
}
