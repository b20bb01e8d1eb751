import { callback, flag, headerFields, type Kinds, redactUrl, text, whole, withMethods } from '../errors/index.ts';
import type { Call, MaybePromise } from '../types/index.ts';
import type { Clock } from '../time/index.ts';

/** What an adapter asks of a client for each request: retries, timeouts and redirects are not the client's. */
export interface ClientRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly retry: 0;
  readonly timeout: false;
  readonly totalTimeout: false;
  readonly throwHttpErrors: false;
  readonly redirect: 'manual';
  readonly body?: Exclude<RequestInit['body'], undefined>;
  readonly fetch?: typeof globalThis.fetch;
}

/** How an HTTP adapter reaches its server. */
export interface Connection {
  /**
   * Headers of every request, or what makes them for each: a function can fetch a token that expires.
   * @defaultValue none
   */
  readonly headers?:
    | Headers
    | Readonly<Record<string, string>>
    | ((call: Pick<Call, 'signal'>) => MaybePromise<Headers | Readonly<Record<string, string>>>);
  /**
   * The header that carries `call.idempotencyKey`, the same over all attempts of one call: `'idempotency-key'`.
   * @defaultValue not sent
   */
  readonly idempotencyHeader?: string;
  /**
   * Whether the trace of a call is sent as `traceparent` and `tracestate`, unless `headers` has a `traceparent`. Turn it off where your client, or what
   * instruments it, sends headers of its own: two of them are none.
   * @defaultValue true
   */
  readonly traceHeaders?: boolean;
  /**
   * A response with a larger body, in bytes after decompression, is refused while it is read.
   * @defaultValue 16_777_216 (16 MiB)
   */
  readonly maxResponseBytes?: number;
  /** What sends the request, also that of `ky`. @defaultValue the `fetch` of `ky`, or that of the platform */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * An instance of ky of yours, whose hooks and headers are used: `ky.create({ headers, hooks })`. `headers` of the adapter win over
   * its own, which also say what it accepts. Its retries and timeouts are off, and it follows no redirect: policies of the variant do the
   * first two.
   * @defaultValue a plain ky, loaded with the first request, that accepts `application/json`
   */
  readonly ky?: (url: string | URL, request: ClientRequest) => PromiseLike<Response>;
  /**
   * What a `retry-after` that is a date is compared with.
   * @defaultValue the clock of the machine
   */
  readonly clock?: Pick<Clock, 'wall'>;
}

export interface Exchange {
  readonly method: string;
  readonly url: string | URL;
  readonly body?: RequestInit['body'];
  /** `undefined` leaves it to `fetch`. */
  readonly contentType?: string | undefined;
  /** What the adapter takes, where no headers of the user's say it. @defaultValue 'application/json' */
  readonly accept?: string;
  /** Headers of the protocol, such as its version and key: those of the connection win over them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the path of the address may hold content. */
  readonly private?: boolean;
  /** Is given every response before its status is judged: for headers, such as the limits of an endpoint. */
  readonly seen?: (response: Response) => void;
}

/** What a call and a look-up outside of a call (metadata, readiness) have in common. */
export type ExchangeCall = Pick<Call, 'signal'> & Partial<Pick<Call, 'idempotencyKey' | 'trace'>>;

/** What can be checked before the first request. */
export const CONNECTION: Kinds<Connection> = {
  headers: (value) => (typeof value === 'function' ? undefined : headerFields(value)),
  idempotencyHeader: text,
  traceHeaders: flag,
  maxResponseBytes: whole(1),
  fetch: callback,
  ky: callback,
  clock: withMethods('wall'),
};

/** Whether `url` can be asked: `http(s)://…`, or a path for browsers and workers, which have a base address. */
export function isAddress(url: unknown): boolean {
  if (typeof url !== 'string' && !(url instanceof URL)) return false;
  const address = String(url);
  return address.startsWith('/') || (/^https?:\/\//i.test(address) && URL.canParse(address));
}

/**
 * Method and address for messages, without query and credentials: both carry secrets. Of an address that a function makes from
 * the input, the origin alone: its path may hold the input.
 */
export function whereOf(request: Pick<Exchange, 'method' | 'url' | 'private'>): string {
  const address = String(request.url);
  // A browser's path has no origin of its own.
  if (address.startsWith('/'))
    return `${request.method} ${request.private === true ? 'the address' : (address.split(/[?#]/, 1)[0] ?? '')}`;
  const { origin, address: plain } = redactUrl(address);
  return `${request.method} ${request.private === true ? origin : plain}`;
}
