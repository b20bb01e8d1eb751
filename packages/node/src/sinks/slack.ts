import type { Sink, UnderstudyEvent } from '@understudy/core';
import { callback, list, oneOf, readOptions, required, text, within } from '@understudy/core/authoring';
import { LONGEST_MS, timerMs } from '../timer-ms.ts';
import { ALERT_RETRY_MS, ALERT_TYPES, type AlertEvent, alertOf, type AlertType } from './alert-event.ts';
import { BatchProgress, isFinal } from './batch-progress.ts';
import { httpPost } from './http-post.ts';
import { webAddress } from './secret-options.ts';
import { slackMessage } from './slack-message.ts';
import { ToldBreaches } from './told-breaches.ts';

export interface SlackOptions {
  /** The address of an incoming webhook of Slack. It is a secret: errors and status say its host alone. */
  readonly url: string | URL;
  /** Transitions of a rollout are told where it is rolled back, and only then. @defaultValue ['alert-raised', 'retrain-requested', 'rollout-changed'] */
  readonly types?: readonly AlertType[];
  /** How long an alert waits for others of its model, in milliseconds: they become one message. @defaultValue 30000 */
  readonly groupMs?: number;
  /** The web address of a page about an event. An alert has no link where it throws, or gives anything else. */
  readonly link?: (event: AlertEvent) => string | undefined;
  /** @defaultValue 'slack' */
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
 * Posts alerts to a channel of Slack. Alerts of one model that come within `groupMs` are one message. Messages have the reasons,
 * figures and names of the events, and no inputs or outputs. The end of a breach is told once, and not at all if its beginning
 * did not arrive.
 *
 * What fails is tried again by the queue in front of the sink, after `Retry-After` where Slack says so; a 4xx other than 408, 425
 * and 429 gives the alerts of that message up.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`
 */
export function slack(options: SlackOptions): Sink<UnderstudyEvent> {
  const settings = readOptions('slack', options, KINDS, {
    types: ['alert-raised', 'retrain-requested', 'rollout-changed'],
    groupMs: 30_000,
    name: 'slack',
    timeoutMs: 10_000,
    retryMs: ALERT_RETRY_MS,
    now: Date.now,
  });
  const { types, groupMs, link, name, retryMs } = settings;
  const post = httpPost({ ...settings, told: 'origin' });
  const breaches = new ToldBreaches();
  const progress = new BatchProgress();

  async function tell(alerts: readonly AlertEvent[], signal: AbortSignal): Promise<void> {
    const worth = breaches.worthTelling(alerts);
    if (worth.length === 0) return;
    await post(JSON.stringify(slackMessage(worth, link)), { 'content-type': 'application/json' }, signal);
    breaches.told(worth);
  }

  return {
    name,
    flushMs: groupMs,
    retryMs,
    accepts: (type) => types.some((wanted) => wanted === type),
    queued: (event) => {
      const alert = alertOf(event);
      if (alert !== undefined) breaches.queued(alert);
    },
    write: async (batch, { signal }) => {
      for (const events of Map.groupBy(progress.left(batch), ({ model }) => model).values()) {
        try {
          await tell(
            events.flatMap((event) => alertOf(event) ?? []),
            signal,
          );
          progress.arrived(events);
        } catch (error) {
          if (!isFinal(error)) throw progress.failed(error);
          progress.refused(events, error);
        }
      }
      progress.end();
    },
  };
}

const KINDS = {
  url: required(webAddress('origin')),
  types: list(oneOf(...ALERT_TYPES), 1),
  groupMs: within(0, LONGEST_MS),
  link: callback,
  name: text,
  timeoutMs: timerMs,
  retryMs: within(0, LONGEST_MS),
  now: callback,
  fetch: callback,
};
