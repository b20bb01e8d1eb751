import { redactUrl, retryAfterMs, safeErrorText, UnderstudyError } from '@understudy/core/authoring';

/** What a server answers to a request for a file, from its beginning or from a byte on. */
export interface ModelBody {
  readonly body: ReadableStream<Uint8Array>;
  /** Whether it goes on where was asked for; else it begins at the beginning. */
  readonly isRest: boolean;
  /** Bytes of the whole, as the server says: of what it sends, which may be packed. */
  readonly total: number | undefined;
  /** Whether the server says that it has packed what it sends. */
  readonly isPacked: boolean;
  readonly etag: string | undefined;
  readonly contentType: string;
}

export type FetchFile = (url: string, init: RequestInit) => Promise<Response>;

/** Statuses of an answer that may be another one soon. */
const PASSING = new Set([408, 409, 425, 429]);

/**
 * Asks for a file, from `from` on where that is over 0.
 *
 * @returns `'not so'` where the server answers a request for the rest with what is no rest of the file.
 * @throws UnderstudyError `HTTP_STATUS`, `RESPONSE_INVALID`, `PREDICTOR_FAILED` for a connection that fails
 */
export async function openModel(
  url: string,
  fetchFile: FetchFile,
  from: number,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<ModelBody | 'not so'> {
  const headers = from === 0 ? {} : { range: `bytes=${from}-`, ...(etag === undefined ? {} : { 'if-range': etag }) };
  // The browser's own cache would keep it a second time.
  const response = await asked(fetchFile, url, { headers, signal, cache: 'no-store' });
  const given = response.body;
  const isRest = response.status === 206;
  const range = rangeOf(response.headers.get('content-range'));
  const isPacked = !/^(?:identity)?$/i.test(response.headers.get('content-encoding') ?? '');
  // Across origins the header may be hidden: then the digest tells in the end.
  const isRight = from > 0 && (range === undefined ? response.type === 'cors' : range.from === from) && !isPacked;
  if (response.ok && given !== null && (!isRest || isRight)) {
    const length = wholeNumber(response.headers.get('content-length'));
    return {
      body: given,
      isRest,
      total: isRest ? (range?.total ?? (length === undefined ? undefined : from + length)) : length,
      isPacked,
      etag: strong(response.headers.get('etag')),
      contentType: response.headers.get('content-type') ?? 'no content type',
    };
  }
  // What is not read keeps a connection.
  given?.cancel().catch(() => undefined);
  if (from > 0 && (isRest || response.status === 416)) return 'not so';
  throw statusError(url, response);
}

/** The size that a server tells of a file without sending it. */
export async function sizeOf(url: string, fetchFile: FetchFile, signal: AbortSignal): Promise<number | undefined> {
  const response = await asked(fetchFile, url, { method: 'HEAD', signal, cache: 'no-store' });
  if (!response.ok) throw statusError(url, response);
  return response.headers.get('content-encoding') === null ? wholeNumber(response.headers.get('content-length')) : undefined;
}

/** What a `fetch` of anybody's answers, whether it does so at once or later. */
async function asked(fetchFile: FetchFile, url: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response> {
  const failed = (why: string, cause: unknown): UnderstudyError =>
    brokenOff(`${init.method ?? 'GET'} ${said(url)} failed: ${why}`, cause);
  let response: unknown;
  try {
    response = await fetchFile(url, init);
  } catch (cause) {
    init.signal.throwIfAborted();
    throw failed(safeErrorText(cause), cause);
  }
  if (response instanceof Response) return response;
  throw failed('fetch gave something other than a Response', undefined);
}

/** A download that did not come to its end, and may be tried again. */
export function brokenOff(message: string, cause: unknown): UnderstudyError {
  return new UnderstudyError('PREDICTOR_FAILED', message, { retryable: true, cause });
}

export const said = (url: string): string => redactUrl(url).address;

function statusError(url: string, { status, headers, ok }: Response): UnderstudyError {
  if (ok) {
    const message = `GET ${said(url)} answered ${status} without the file that was asked for.`;
    return new UnderstudyError('RESPONSE_INVALID', message, { details: { status } });
  }
  const wait = retryAfterMs(headers, Date.now());
  return new UnderstudyError('HTTP_STATUS', `GET ${said(url)} answered ${status}, where a model file was expected.`, {
    retryable: status >= 500 || PASSING.has(status),
    details: { status, ...(wait === undefined ? {} : { retryAfterMs: wait }) },
  });
}

/** `bytes 5-9/10`, or `/*` where the total is not known. */
function rangeOf(header: string | null): { readonly from: number; readonly total: number | undefined } | undefined {
  if (header === null) return undefined;
  const [, from, total = '*'] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header.trim()) ?? [];
  // What cannot be read begins nowhere.
  return { from: wholeNumber(from ?? null) ?? -1, total: total === '*' ? undefined : wholeNumber(total) };
}

function wholeNumber(text: string | null): number | undefined {
  const value = text !== null && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A weak one says nothing of bytes. */
const strong = (etag: string | null): string | undefined => (etag !== null && /^"[^"]*"$/.test(etag) ? etag : undefined);
