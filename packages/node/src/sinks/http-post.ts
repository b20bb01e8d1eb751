import { UnderstudyError } from '@understudy/core';
import { causeCode, redactUrl, retryAfterMs, safeCause, type UrlView } from '@understudy/core/authoring';
import ky from 'ky';

export interface HttpPostOptions {
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly fetch?: typeof fetch | undefined;
  /** How much of the address errors may say: `origin` where its path is a secret. */
  readonly told: keyof UrlView;
}

/** Posts one body. Resolves when the other side has taken it, else rejects with `SINK_FAILED`, as the queue reads it. */
export type HttpPost = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<void>;

/**
 * Posts to one address. A redirect is not followed: it would take the events to somewhere else. A network error, a 5xx, 408, 425
 * and 429 may be tried again, after `Retry-After` where the other side says so; any other status is final. A user and password in
 * the address are sent as an authorization.
 */
export function httpPost({ url: given, headers: more, timeoutMs, now, fetch, told }: HttpPostOptions): HttpPost {
  const { url, authorization } = targetOf(given);
  const name = redactUrl(url)[told];
  return async (body, headers, signal) => {
    const response = await reach(name, told === 'address', signal, () =>
      ky.post(url, {
        body,
        headers: { ...authorization, ...more, ...headers },
        signal,
        timeout: timeoutMs,
        redirect: 'manual',
        retry: 0,
        throwHttpErrors: false,
        ...(fetch === undefined ? {} : { fetch }),
      }),
    );
    await discard(response);
    if (!response.ok) throw refusal(name, url, response, now());
  };
}

/** A body that breaks off changes nothing of its status. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/** @param keepsCause whether the client's words may be kept: they may hold the path of the address */
async function reach(name: string, keepsCause: boolean, signal: AbortSignal, send: () => Promise<Response>): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    signal.throwIfAborted();
    const code = causeCode(error);
    throw new UnderstudyError('SINK_FAILED', `${name} could not be reached${code === undefined ? '' : ` (${code})`}.`, {
      ...(keepsCause ? { cause: safeCause(error) } : {}),
      retryable: true,
    });
  }
}

const PASSING = new Set([408, 425, 429]);

function refusal(name: string, url: string, { status, headers }: Response, wallNow: number): UnderstudyError {
  const location = headers.get('location');
  if (status >= 300 && status < 400) {
    const target = location === null ? 'elsewhere' : `to ${redactUrl(location, url).origin}`;
    return new UnderstudyError(
      'SINK_FAILED',
      `${name} answered ${status}: it redirects ${target}, which is not followed. Give the address that takes the events.`,
      {
        details: { status },
      },
    );
  }
  const passes = status >= 500 || PASSING.has(status);
  const wait = passes ? retryAfterMs(headers, wallNow) : undefined;
  return new UnderstudyError('SINK_FAILED', `${name} answered ${status}${passes ? '' : ': see what it expects'}.`, {
    retryable: passes,
    details: { status, ...(wait === undefined || wait === 0 ? {} : { retryAfterMs: wait }) },
  });
}

/** Fetch takes no user and password in an address: they go as a header. */
function targetOf(given: string | URL): { readonly url: string; readonly authorization: Readonly<Record<string, string>> } {
  const url = new URL(given);
  const { username, password } = url;
  if (username === '' && password === '') return { url: url.href, authorization: {} };
  url.username = '';
  url.password = '';
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { url: url.href, authorization: { authorization: `Basic ${credentials}` } };
}

/** A `%` that begins no escape stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
