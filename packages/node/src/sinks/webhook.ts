import { createHmac } from 'node:crypto';
import { type EventType, Problems, type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import ky from 'ky';

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
  /** Of one request, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** Milliseconds since the Unix epoch, for the signed time. @defaultValue Date.now */
  readonly now?: () => number;
  /** @defaultValue globalThis.fetch */
  readonly fetch?: typeof fetch;
}

const LEAST_SECRET_BYTES = 24;
const DEFAULT_TYPES: readonly EventType[] = ['alert-raised', 'retrain-requested'];

/**
 * Posts alerts as JSON, one event a request, signed as Standard Webhooks says (standardwebhooks.com): `webhook-id` (the event's id,
 * by which receivers drop repeats), `webhook-timestamp` and `webhook-signature`. What fails is tried again by the queue in front
 * of the sink: after `Retry-After` where the receiver says so, else with growing waits; a 4xx other than 408, 425 and 429 gives the event up.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`
 */
export function webhook(options: WebhookOptions): Sink<UnderstudyEvent> {
  const { types = DEFAULT_TYPES, name = 'webhook', timeoutMs = 10_000, now = Date.now } = options;
  const key = checked(options, timeoutMs);
  const url = String(options.url);
  /** Events of a batch that arrived before one failed: they are not sent again with it. */
  const arrived = new Set<string>();

  async function post(event: UnderstudyEvent, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(event);
    const seconds = Math.floor(now() / 1000);
    const signature = createHmac('sha256', key).update(`${event.id}.${seconds}.${body}`).digest('base64');
    const response = await reach(url, () =>
      ky.post(url, {
        body,
        headers: {
          ...options.headers,
          'content-type': 'application/json',
          'webhook-id': event.id,
          'webhook-timestamp': String(seconds),
          'webhook-signature': `v1,${signature}`,
        },
        signal,
        timeout: timeoutMs,
        retry: 0,
        throwHttpErrors: false,
        ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      }),
    );
    await response.body?.cancel();
    if (!response.ok) throw refused(url, response, now());
  }

  return {
    name,
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

async function reach(url: string, send: () => Promise<Response>): Promise<Response> {
  try {
    return await send();
  } catch (cause) {
    throw new UnderstudyError('SINK_FAILED', `${url} could not be reached.`, { cause, retryable: true });
  }
}

const PASSING = new Set([408, 425, 429]);

function refused(url: string, { status, headers }: Response, now: number): UnderstudyError {
  const passes = status >= 500 || PASSING.has(status);
  const after = headers.get('retry-after');
  const wait = after === null ? NaN : Number.isNaN(Number(after)) ? Date.parse(after) - now : Number(after) * 1000;
  return new UnderstudyError('SINK_FAILED', `${url} answered ${status}${passes ? '' : ': see what it expects'}.`, {
    retryable: passes,
    details: { status, ...(passes && wait > 0 ? { retryAfterMs: wait } : {}) },
  });
}

/** The key of valid options. */
function checked({ url, secret, types }: WebhookOptions, timeoutMs: number): Buffer {
  const problems = new Problems();
  const scheme = URL.canParse(String(url)) ? new URL(url).protocol : '';
  problems.expect(scheme === 'https:' || scheme === 'http:', 'url', `expected an https: or http: address, got ${String(url)}`);
  const key = keyOf(secret);
  problems.expect(
    key.length >= LEAST_SECRET_BYTES,
    'secret',
    `expected whsec_ and base64, or bytes: at least ${LEAST_SECRET_BYTES}, got ${key.length}`,
  );
  problems.expect(types === undefined || types.length > 0, 'types', "expected types of events, such as ['alert-raised']");
  problems.expect(timeoutMs > 0, 'timeoutMs', `expected milliseconds over 0, got ${timeoutMs}`);
  problems.throwIfAny('CONFIGURATION_INVALID', 'The webhook');
  return key;
}

function keyOf(secret: unknown): Buffer {
  if (secret instanceof Uint8Array) return Buffer.from(secret);
  if (typeof secret !== 'string') return Buffer.alloc(0);
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
}
