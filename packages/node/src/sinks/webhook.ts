import type { EventType, Sink, UnderstudyEvent } from '@understudy/core';
import {
  callback,
  EVENT_TYPES,
  headerFields,
  list,
  oneOf,
  readOptions,
  required,
  text,
  within,
} from '@understudy/core/authoring';
import { LONGEST_MS, timerMs } from '../timer-ms.ts';
import { ALERT_RETRY_MS } from './alert-event.ts';
import { oneByOne } from './batch-progress.ts';
import { headerId } from './header-id.ts';
import { httpPost } from './http-post.ts';
import { webAddress } from './secret-options.ts';
import { keyOf, signatureHeaders, signingSecret } from './standard-webhooks.ts';

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
  /** How long an alert that does not arrive is tried again, in milliseconds. @defaultValue 3600000 (an hour) */
  readonly retryMs?: number;
  /** Milliseconds since the Unix epoch, for the signed time. @defaultValue Date.now */
  readonly now?: () => number;
  /** @defaultValue globalThis.fetch */
  readonly fetch?: typeof fetch;
}

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
    retryMs: ALERT_RETRY_MS,
    now: Date.now,
  });
  const { types, name, now, retryMs } = settings;
  const key = keyOf(settings.secret);
  const post = httpPost({ ...settings, told: 'address' });
  return {
    name,
    batchSize: 1,
    retryMs,
    accepts: (type) => types.some((wanted) => wanted === type),
    write: oneByOne((event, signal) => {
      const body = JSON.stringify(event);
      return post(
        body,
        { 'content-type': 'application/json', ...signatureHeaders(key, headerId(event.id), body, now()) },
        signal,
      );
    }),
  };
}

const KINDS = {
  url: required(webAddress('address')),
  secret: required(signingSecret),
  types: list(oneOf(...EVENT_TYPES), 1),
  name: text,
  headers: headerFields,
  timeoutMs: timerMs,
  retryMs: within(0, LONGEST_MS),
  now: callback,
  fetch: callback,
};
