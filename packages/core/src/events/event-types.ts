import type { EventType } from './event.ts';

/** Every type of event: the compiler holds the list to all of them. */
const ALL: Readonly<Record<EventType, true>> = {
  decision: true,
  outcome: true,
  'shadow-compared': true,
  'circuit-changed': true,
  'control-changed': true,
  'rollout-changed': true,
  'monitor-changed': true,
  'alert-raised': true,
  'retrain-requested': true,
  'registry-changed': true,
  'review-changed': true,
  'telemetry-dropped': true,
  'callback-failed': true,
};

export const EVENT_TYPES = Object.keys(ALL) as readonly EventType[];
