import type { Sink, UnderstudyEvent } from '@understudy/core';
import { callback, list, oneOf, readOptions, required, text, within } from '@understudy/core/authoring';
import { LONGEST_MS, timerMs } from '../timer-ms.ts';
import { ALERT_RETRY_MS, ALERT_TYPES, type AlertEvent, alertOf, type AlertType } from './alert-event.ts';
import { oneByOne } from './batch-progress.ts';
import { httpPost } from './http-post.ts';
import { pagerDutyEvent } from './pager-duty-event.ts';
import { secretKind, webAddress } from './secret-options.ts';

export interface PagerDutyOptions {
  /** The integration key of a service, of its integration "Events API v2": 32 characters. No error and no status says it. */
  readonly routingKey: string;
  /**
   * The end of an alert resolves its incident. Incidents of other types stay open until somebody resolves them. Transitions of a
   * rollout are told where it is rolled back, and only then.
   * @defaultValue ['alert-raised']
   */
  readonly types?: readonly AlertType[];
  /** The web address of a page about an event. An incident has no link where it throws, or gives anything else. */
  readonly link?: (event: AlertEvent) => string | undefined;
  /** In the European region: `https://events.eu.pagerduty.com/v2/enqueue`. @defaultValue 'https://events.pagerduty.com/v2/enqueue' */
  readonly url?: string | URL;
  /** @defaultValue 'pagerduty' */
  readonly name?: string;
  /** How long one request may take, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** How long an alert that does not arrive is tried again, in milliseconds. @defaultValue 3600000 (an hour) */
  readonly retryMs?: number;
  /** Milliseconds since the Unix epoch, for a `Retry-After` that is a date. @defaultValue Date.now */
  readonly now?: () => number;
  /** @defaultValue globalThis.fetch */
  readonly fetch?: typeof fetch;
}

/**
 * Opens an incident of PagerDuty for each breach (Events API v2), and resolves it when the breach is over. `dedup_key` is made of
 * the model, the monitor and the time when the breach began, so that all processes mean the same incident, also after a restart.
 *
 * What fails is tried again by the queue in front of the sink, after `Retry-After` where PagerDuty says so; a 4xx other than 408,
 * 425 and 429 gives that event up.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`
 */
export function pagerDuty(options: PagerDutyOptions): Sink<UnderstudyEvent> {
  const settings = readOptions('pagerDuty', options, KINDS, {
    types: ['alert-raised'],
    url: 'https://events.pagerduty.com/v2/enqueue',
    name: 'pagerduty',
    timeoutMs: 10_000,
    retryMs: ALERT_RETRY_MS,
    now: Date.now,
  });
  const { routingKey, types, link, name, retryMs } = settings;
  const post = httpPost({ ...settings, told: 'address' });
  return {
    name,
    batchSize: 1,
    retryMs,
    accepts: (type) => types.some((wanted) => wanted === type),
    write: oneByOne(async (event, signal) => {
      const alert = alertOf(event);
      if (alert === undefined) return;
      const body = JSON.stringify({ routing_key: routingKey, ...pagerDutyEvent(alert, link) });
      await post(body, { 'content-type': 'application/json' }, signal);
    }),
  };
}

const KINDS = {
  routingKey: required(
    secretKind(
      (value) => typeof value === 'string' && /^[a-z\d]{32}$/i.test(value),
      (value) =>
        `expected an integration key of 32 letters and digits, got ${typeof value === 'string' ? `${value.length} characters` : typeof value}`,
    ),
  ),
  types: list(oneOf(...ALERT_TYPES), 1),
  link: callback,
  url: webAddress('address'),
  name: text,
  timeoutMs: timerMs,
  retryMs: within(0, LONGEST_MS),
  now: callback,
  fetch: callback,
};
