import { createHash } from 'node:crypto';
import { type AlertEvent, breachKey, headline, linkOf, originOf, shortened } from './alert-event.ts';
import { isoTime } from './iso-time.ts';

export type PagerDutySeverity = 'critical' | 'error' | 'warning' | 'info';

/** An event of the Events API v2 (developer.pagerduty.com), without its routing key. */
export interface PagerDutyEvent {
  readonly event_action: 'trigger' | 'resolve';
  readonly dedup_key: string;
  readonly payload: {
    readonly summary: string;
    readonly source: string;
    readonly severity: PagerDutySeverity;
    readonly timestamp?: string;
    readonly component: string;
    readonly class: string;
    readonly custom_details: Readonly<Record<string, unknown>>;
  };
  readonly links?: readonly { readonly href: string; readonly text: string }[];
}

const LONGEST_KEY = 255;
const LONGEST_SUMMARY = 1024;
/** A whole event may have 512 kB. */
const MOST_READINGS = 100;

export function pagerDutyEvent(event: AlertEvent, link: ((event: AlertEvent) => string | undefined) | undefined): PagerDutyEvent {
  const href = linkOf(link, event);
  const timestamp = isoTime(event.at);
  return {
    event_action: event.type === 'alert-raised' && event.phase === 'resolved' ? 'resolve' : 'trigger',
    dedup_key: dedupKey(event),
    payload: {
      summary: shortened(`${event.model}: ${headline(event)}${event.reason === '' ? '' : `. ${event.reason}`}`, LONGEST_SUMMARY),
      source: originOf(event) || 'understudy',
      severity: severityOf(event),
      ...(timestamp === undefined ? {} : { timestamp }),
      component: event.model,
      class: 'kind' in event ? event.kind : event.type,
      custom_details: detailsOf(event),
    },
    ...(href === undefined ? {} : { links: [{ href, text: 'Details' }] }),
  };
}

function dedupKey(event: AlertEvent): string {
  const key = `understudy/${breachKey(event) ?? event.id}`;
  return key.length <= LONGEST_KEY ? key : `understudy/${createHash('sha256').update(key).digest('hex')}`;
}

/** How bad a breach is, by what it did: nothing but the fallback serves after a `pause`. */
function severityOf(event: AlertEvent): PagerDutySeverity {
  switch (event.type) {
    case 'alert-raised':
      if (event.actions.includes('pause')) return 'critical';
      return event.actions.some((action) => action !== 'retrain') ? 'error' : 'warning';
    case 'rollout-changed':
      return 'error';
    case 'control-changed':
      return event.result === 'obeyed' ? 'info' : 'warning';
    case 'retrain-requested':
      return 'info';
  }
}

/** The event itself, within what PagerDuty takes. */
function detailsOf(event: AlertEvent): PagerDutyEvent['payload']['custom_details'] {
  if (!('readings' in event)) return { ...event };
  const more = event.readings.length - MOST_READINGS;
  return more > 0 ? { ...event, readings: event.readings.slice(0, MOST_READINGS), moreReadings: more } : { ...event };
}
