import type { EventMap, UnderstudyEvent } from '@understudy/core';
import { atOnce } from '@understudy/core/authoring';

const ALERTS = ['alert-raised', 'retrain-requested', 'rollout-changed', 'control-changed'] as const;

/** The types of events that people are told of. */
export type AlertType = (typeof ALERTS)[number];
/** An event that people are told of. */
export type AlertEvent = EventMap[AlertType];

export const ALERT_TYPES: readonly AlertType[] = ALERTS;

/** How long sinks of alerts try again: outages of chats and pagers last for minutes. */
export const ALERT_RETRY_MS = 3_600_000;

/** The event, where people are told of it: an alert, or a rollout that was rolled back; other transitions are no alert. */
export function alertOf(event: UnderstudyEvent): AlertEvent | undefined {
  switch (event.type) {
    case 'alert-raised':
    case 'retrain-requested':
    case 'control-changed':
      return event;
    case 'rollout-changed':
      return event.to === 'rolled-back' ? event : undefined;
    default:
      return undefined;
  }
}

const PHASES = { raised: 'breach', reminder: 'still in breach', resolved: 'resolved' } as const;

/** What happened, in a few words, without the model's name. */
export function headline(event: AlertEvent): string {
  switch (event.type) {
    case 'alert-raised':
      return `${event.monitor}: ${PHASES[event.phase]}`;
    case 'retrain-requested':
      return `${event.monitor} asks for a new model`;
    case 'rollout-changed':
      return `${event.challenger} was rolled back from ${event.from}`;
    case 'control-changed':
      return `${event.command} by ${event.by}${event.result === 'obeyed' ? '' : `: ${event.result}`}`;
  }
}

/** The same for all events of one breach, also those of another process; `undefined` for an event that has no end. */
export function breachKey(event: AlertEvent): string | undefined {
  if (event.type !== 'alert-raised') return undefined;
  return [event.model, event.monitor, String(event.since)].map((part) => encodeURIComponent(part.toWellFormed())).join('/');
}

/** The runtime's names: `claims-api/production`; empty where it has none. */
export const originOf = ({ application, environment }: AlertEvent): string =>
  [application, environment].filter((name) => name !== undefined).join('/');

/** The page that the user gives for an event, as a web address that can stand in a message; `undefined` where it gives none. */
export function linkOf(link: ((event: AlertEvent) => string | undefined) | undefined, event: AlertEvent): string | undefined {
  try {
    const given = atOnce(link?.(event));
    const url = new URL(typeof given === 'string' || given instanceof URL ? given : '');
    return /^https?:$/.test(url.protocol) ? url.href.replaceAll('|', '%7C') : undefined;
  } catch {
    // Without a link the alert still says all that it has to.
    return undefined;
  }
}

/** At most `longest` characters, with an ellipsis where some are left out. No character is cut in two. */
export function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
