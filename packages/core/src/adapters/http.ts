import { callback, either, kind, type Kinds, oneOf, problemsError, readOptions, required, told } from '../errors/index.ts';
import { atOnce } from '../time/index.ts';
import type { MaybePromise } from '../types/index.ts';
import type { AdapterFor, NeedsParse } from './adapter-for.ts';
import { CONNECTION, type Connection, type Exchange, isAddress, whereOf } from './connection.ts';
import { jsonBody } from './json-body.ts';
import { parseJson } from './json-response.ts';

export interface HttpOptions<I, O = unknown> extends Connection {
  /** Where to ask: an address, a path from the page's origin in a browser, or what makes either from the input. */
  readonly url: string | URL | ((input: I) => string | URL);
  /** @defaultValue 'POST' */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'QUERY';
  /**
   * What to send. A string, `FormData`, `URLSearchParams`, `Blob` or bytes go as they are, everything else as JSON.
   * @defaultValue the input as JSON; nothing with `GET`
   */
  readonly body?: (input: I) => unknown;
  /**
   * Turns the answer's JSON into the output. In TypeScript it says the type, too: `(json) => json as { risk: number }` will do, for the contract checks
   * what comes. Use the response for its status and headers only: its body has been read.
   * @defaultValue the JSON of the answer
   */
  readonly parse?: (json: unknown, response: Response) => MaybePromise<O>;
}

/**
 * A predictor that asks an HTTP endpoint which answers JSON. Timeouts, retries and circuits are policies of the variant: this
 * sends one request a call.
 *
 * ```ts
 * http({ url: 'https://models.example/triage', body: (input) => ({ features: input }), parse: (json) => json })
 * ```
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `HTTP_STATUS` with `details.status`, `type`, `code`,
 * `retryAfterMs` and the start of the `body`; `PREDICTOR_FAILED` for a connection that fails; `RESPONSE_INVALID` for an answer
 * that is no JSON or too large.
 */
export function http<I = unknown, O = unknown>(options: HttpOptions<I, O> & NeedsParse<unknown, O>): AdapterFor<I, O> {
  const settings = readOptions('http', options, HTTP as Kinds<HttpOptions<I, O>>, DEFAULTS);
  const { url, method, body, parse, ...connection } = settings;

  return async (input, call) => {
    const request: Exchange = {
      method,
      url: typeof url === 'function' ? addressFrom(url, input) : url,
      private: typeof url === 'function',
      ...(body !== undefined ? payload(atOnce(body(input))) : method === 'GET' ? {} : json(input)),
    };
    // Loaded with the first request: whoever asks no server does not pay for an HTTP client.
    const { exchange } = await import('./exchange.ts');
    const { response, text } = await exchange(connection, request, call);
    const answer = parseJson(text, { where: whereOf(request), contentType: response.headers.get('content-type') });
    // Without `parse` the type lets `O` be `unknown` alone.
    return parse === undefined ? (answer as O) : parse(answer, response);
  };
}

const HTTP: Kinds<HttpOptions<unknown>> = {
  ...CONNECTION,
  url: required(either(kind(isAddress, "an address ('https://host/path'), or a path ('/path') in a browser"), callback)),
  method: oneOf('GET', 'POST', 'PUT', 'PATCH', 'QUERY'),
  body: callback,
  parse: callback,
};
const DEFAULTS = { method: 'POST' } as const;

/** The address that a function makes of an input: it may hold the input, so that it is not told. */
function addressFrom<I>(url: (input: I) => string | URL, input: I): string | URL {
  const address = atOnce(url(input));
  if (isAddress(address)) return address as string | URL;
  const got = typeof address === 'string' ? 'another text' : told(address);
  const message = `expected the function to return an address ('https://host/path') at once, got ${got}`;
  throw problemsError('CONFIGURATION_INVALID', 'http()', [{ path: 'http.url', message }]);
}

function payload(value: unknown): Pick<Exchange, 'body' | 'contentType'> {
  const asItIs =
    typeof value === 'string' ||
    value instanceof FormData ||
    value instanceof URLSearchParams ||
    value instanceof Blob ||
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value);
  // A view can lie over shared memory, which `fetch` refuses by itself.
  return asItIs ? { body: value as NonNullable<RequestInit['body']> } : json(value);
}

function json(value: unknown): Pick<Exchange, 'body' | 'contentType'> {
  return { body: jsonBody(value), contentType: 'application/json' };
}
