import { createHmac } from 'node:crypto';
import { type EventType, type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import {
  callback,
  causeCode,
  EVENT_TYPES,
  type Kind,
  kind,
  list,
  oneOf,
  readOptions,
  record,
  redactUrl,
  required,
  retryAfterMs,
  safeCause,
  text,
} from '@understudy/core/authoring';
import ky from 'ky';
import { timerMs } from '../timer-ms.ts';

export interface WebhookOptions {
  /** Where events are posted to: `https:`, or `http:`. */
  readonly url: string | URL;
  /**
   * Signs every request: `whsec_` and base64, as Standard Webhooks writes it, or bytes; 24 at least. Receivers check it with any
   * of that specification's libraries. Without it anybody can post alerts.
   */
  readonly secret: string | Uint8Array;
  /** @defaultValue ['alert-raised', 'retrain-requested'] */
  readonly types?: readonly EventType[];
  /** @defaultValue 'webhook' */
  readonly name?: string;
  /** More headers, such as an authorization of a gateway in front. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long one request may take, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** Milliseconds since the Unix epoch, for the signed time. @defaultValue Date.now */
  readonly now?: () => number;
  /** @defaultValue globalThis.fetch */
  readonly fetch?: typeof fetch;
}

const MIN_SECRET_BYTES = 24;
const DEFAULT_TYPES: readonly EventType[] = ['alert-raised', 'retrain-requested'];

/**
 * Posts alerts as JSON, one event a request, signed as Standard Webhooks says (standardwebhooks.com): `webhook-id` (the event's id,
 * by which receivers drop repeats), `webhook-timestamp` and `webhook-signature`. Each event stands for itself: what fails is tried
 * again by the queue in front of the sink, after `Retry-After` where the receiver says so, else with growing waits; a 3xx, and a 4xx
 * other than 408, 425 and 429, gives that event up. A redirect is not followed: it would take the alert to somewhere else.
 *
 * Only origin and path of the address are ever told; a user and password in it are sent as an authorization.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`
 */
export function webhook(options: WebhookOptions): Sink<UnderstudyEvent> {
  const settings = readOptions('webhook', options, KINDS, {
    types: DEFAULT_TYPES,
    name: 'webhook',
    timeoutMs: 10_000,
    now: Date.now,
  });
  const { types, name, timeoutMs, now, headers, fetch } = settings;
  const key = keyOf(settings.secret);
  const { url, authorization } = targetOf(settings.url);
  const { address } = redactUrl(url);

  async function post(event: UnderstudyEvent, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(event);
    const seconds = Math.floor(now() / 1000);
    const signature = createHmac('sha256', key).update(`${event.id}.${seconds}.${body}`).digest('base64');
    const response = await reach(address, signal, () =>
      ky.post(url, {
        body,
        headers: {
          ...authorization,
          ...headers,
          'content-type': 'application/json',
          'webhook-id': event.id,
          'webhook-timestamp': String(seconds),
          'webhook-signature': `v1,${signature}`,
        },
        signal,
        timeout: timeoutMs,
        redirect: 'manual',
        retry: 0,
        throwHttpErrors: false,
        ...(fetch === undefined ? {} : { fetch }),
      }),
    );
    await discard(response);
    if (!response.ok) throw refused(url, response, now());
  }

  /** Events of a batch that arrived before one failed: they are not sent again with it. */
  const arrived = new Set<string>();
  return {
    name,
    batchSize: 1,
    accepts: (type) => types.some((wanted) => wanted === type),
    write: async (batch, { signal }) => {
      for (const event of batch) {
        if (arrived.has(event.id)) continue;
        await post(event, signal);
        arrived.add(event.id);
      }
      arrived.clear();
    },
  };
}

/** A body that breaks off changes nothing of its status. */
async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

async function reach(address: string, signal: AbortSignal, send: () => Promise<Response>): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    signal.throwIfAborted();
    const code = causeCode(error);
    throw new UnderstudyError('SINK_FAILED', `${address} could not be reached${code === undefined ? '' : ` (${code})`}.`, {
      cause: safeCause(error),
      retryable: true,
    });
  }
}

const PASSING = new Set([408, 425, 429]);

function refused(url: string, { status, headers }: Response, wallNow: number): UnderstudyError {
  const { address } = redactUrl(url);
  const location = headers.get('location');
  if (status >= 300 && status < 400) {
    const target = location === null ? 'elsewhere' : `to ${redactUrl(location, url).origin}`;
    return new UnderstudyError(
      'SINK_FAILED',
      `${address} answered ${status}: it redirects ${target}, which is not followed. Give the address that takes the events.`,
      {
        details: { status },
      },
    );
  }
  const passes = status >= 500 || PASSING.has(status);
  const wait = passes ? retryAfterMs(headers, wallNow) : undefined;
  return new UnderstudyError('SINK_FAILED', `${address} answered ${status}${passes ? '' : ': see what it expects'}.`, {
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
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return { url: url.href, authorization: { authorization: `Basic ${credentials}` } };
}

const isWeb = (value: unknown): boolean => {
  const given = value instanceof URL ? value.href : value;
  return typeof given === 'string' && URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
};

/** What was given is not repeated: it is a secret, or may hold one. */
const secretKind =
  (fits: (value: unknown) => boolean, expected: (value: unknown) => string): Kind =>
  (value) =>
    fits(value) ? undefined : [{ path: '', message: expected(value) }];

const KINDS = {
  url: required(secretKind(isWeb, (value) => `expected an https: or http: address, got ${redactUrl(value).address}`)),
  secret: required(
    secretKind(
      (value) => keyOf(value).length >= MIN_SECRET_BYTES,
      (value) => `expected whsec_ and base64, or bytes: at least ${MIN_SECRET_BYTES}, got ${keyOf(value).length}`,
    ),
  ),
  types: list(oneOf(...EVENT_TYPES), 1),
  name: text,
  headers: record(kind((value) => typeof value === 'string', 'a text')),
  timeoutMs: timerMs,
  now: callback,
  fetch: callback,
};

function keyOf(secret: unknown): Buffer {
  if (secret instanceof Uint8Array) return Buffer.from(secret);
  if (typeof secret !== 'string') return Buffer.alloc(0);
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
}
