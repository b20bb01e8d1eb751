import { problemsError, readProperty, redactUrl, safeCause, told, UnderstudyError } from '../errors/index.ts';
import { systemClock } from '../time/index.ts';
import { type Connection, type Exchange, type ExchangeCall, whereOf } from './connection.ts';
import { readText, tooLarge } from './response-text.ts';
import { statusError } from './status-error.ts';
import { untilAborted } from './until-aborted.ts';

const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * One request and its whole answer. ky is loaded with the first one that no instance of the user's sends. Its retries and timeouts
 * are off: the executor does both, and aborts `call.signal`, which is obeyed until the last byte is read.
 *
 * @returns The response, its body already read, and that body as text.
 * @throws UnderstudyError `HTTP_STATUS` (not 2xx), `PREDICTOR_FAILED` (no connection, or lost), `RESPONSE_INVALID` (too large),
 * `CONFIGURATION_INVALID` (a request that cannot be built). After an abort the signal's reason.
 */
export function exchange(
  connection: Connection,
  request: Exchange,
  call: ExchangeCall,
): Promise<{ response: Response; text: string }> {
  // An abort that `fetch` hears late, or not at all in a caller's own fetch, must still end the call.
  return untilAborted(call.signal, readWhole(connection, request, call));
}

async function readWhole(
  connection: Connection,
  request: Exchange,
  call: ExchangeCall,
): Promise<{ response: Response; text: string }> {
  const response = await send(connection, request, call);
  const text = await wholeText(response, connection, whereOf(request), call.signal);
  return { response, text };
}

/**
 * One request, and its response as soon as its headers are there: the body is open, and who asked must read or cancel it. All else
 * is as in {@link exchange}.
 */
export async function openExchange(connection: Connection, request: Exchange, call: ExchangeCall): Promise<Response> {
  const opening = send(connection, request, call);
  try {
    return await untilAborted(call.signal, opening);
  } catch (error) {
    // A fetch that hears no abort answers later: nobody will read that.
    if (call.signal.aborted) opening.then(discard, () => undefined);
    throw error;
  }
}

/** The rest of a response as text, within the bounds of the connection. */
export async function wholeText(
  response: Response,
  connection: Pick<Connection, 'maxResponseBytes'>,
  where: string,
  signal: AbortSignal,
): Promise<string> {
  const maxBytes = connection.maxResponseBytes ?? MAX_RESPONSE_BYTES;
  const { text, complete } = await connected(
    where,
    signal,
    'lost its connection before the answer was complete',
    readText(response, maxBytes),
  );
  if (!complete) throw tooLarge(where, maxBytes);
  return text;
}

const unaskable = (where: string, cause?: Error): UnderstudyError =>
  new UnderstudyError(
    'CONFIGURATION_INVALID',
    `${where} cannot be asked: check the address, the method and the headers.`,
    cause === undefined ? {} : { cause },
  );

/** Those that a user gives. An error of the platform would repeat their values, which are secrets. */
function headersOf(where: string, given: Headers | Readonly<Record<string, string>> | undefined): Headers {
  try {
    return new Headers(given);
  } catch {
    throw unaskable(where);
  }
}

async function send(connection: Connection, request: Exchange, call: ExchangeCall): Promise<Response> {
  const { signal } = call;
  signal.throwIfAborted();
  const where = whereOf(request);
  const given = typeof connection.headers === 'function' ? await connection.headers({ signal }) : connection.headers;
  const client: NonNullable<Connection['ky']> = connection.ky ?? (await import('ky')).default;
  const own = headersOf(where, given);
  let pending: PromiseLike<Response>;
  try {
    const headers = new Headers(request.headers);
    own.forEach((value, name) => headers.set(name, value));
    // An instance may say it by itself, and what stands here would win.
    if (connection.ky === undefined && !headers.has('accept')) headers.set('accept', request.accept ?? 'application/json');
    if (request.contentType !== undefined && !headers.has('content-type')) headers.set('content-type', request.contentType);
    if (connection.idempotencyHeader !== undefined && call.idempotencyKey !== undefined) {
      headers.set(connection.idempotencyHeader, call.idempotencyKey);
    }
    const { trace } = call;
    if (trace !== undefined && connection.traceHeaders !== false && !headers.has('traceparent')) {
      headers.set('traceparent', trace.traceparent);
      if (trace.tracestate !== undefined && !headers.has('tracestate')) headers.set('tracestate', trace.tracestate);
    }
    pending = client(request.url, {
      method: request.method,
      headers,
      signal,
      retry: 0,
      timeout: false,
      totalTimeout: false,
      throwHttpErrors: false,
      // Followed, a POST becomes a GET, or body, key and signature go to another server.
      redirect: 'manual',
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(connection.fetch === undefined ? {} : { fetch: answering(connection.fetch) }),
    });
  } catch (cause) {
    throw unaskable(where, safeCause(cause));
  }
  const response = responseOf('ky', await connected(where, signal, 'could not be reached', pending));
  request.seen?.(response);
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    discard(response);
    throw redirected(where, request, response);
  }
  if (!response.ok) {
    // The status is known: an error body that breaks off takes nothing from it.
    const body = await readText(response, MAX_ERROR_BYTES).catch(() => ({ text: '' }));
    throw statusError(where, response, body.text, (connection.clock ?? systemClock).wall());
  }
  return response;
}

/** Frees the connection of a response that nobody reads. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

const answering =
  (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  async (...request) =>
    responseOf('fetch', await fetch(...request));

/** A function of the user's that answers something else is a mistake in the program, and no lost connection. */
function responseOf(path: 'fetch' | 'ky', answer: unknown): Response {
  const isResponse =
    typeof readProperty(answer, 'status') === 'number' &&
    typeof readProperty(readProperty(answer, 'headers'), 'get') === 'function' &&
    typeof readProperty(answer, 'text') === 'function';
  if (isResponse) return answer as Response;
  const message = `expected it to answer a Response, got ${told(answer)}`;
  throw problemsError('CONFIGURATION_INVALID', 'The adapter', [{ path, message }]);
}

/** A redirect is not followed: where it leads is told by its origin, since the rest may hold secrets. */
function redirected(where: string, request: Exchange, response: Response): UnderstudyError {
  const location = response.headers.get('location');
  const base = URL.canParse(String(request.url)) ? String(request.url) : undefined;
  const target = location === null ? 'somewhere else' : redactUrl(location, base).origin;
  const status = response.status === 0 ? undefined : response.status;
  return new UnderstudyError(
    'HTTP_STATUS',
    `${where} answered ${status ?? 'with a redirect'}: it wants to be asked at ${target}. Redirects are not followed, since the request would go there with its body and its headers: set the url to where it leads.`,
    { details: { ...(status === undefined ? {} : { status }), location: target } },
  );
}

/** `PREDICTOR_FAILED` for what the network throws. What the caller aborted, or a guarded fetch refused, stays what it is. */
async function connected<T>(where: string, signal: AbortSignal, what: string, work: PromiseLike<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (signal.aborted || UnderstudyError.is(cause)) throw cause;
    // Clients hang the request on their errors, with the headers that authorise it.
    throw new UnderstudyError('PREDICTOR_FAILED', `${where} ${what}.`, { cause: safeCause(cause), retryable: true });
  }
}
