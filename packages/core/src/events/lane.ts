import type { UnderstudyEvent } from './event.ts';

/** Lanes of a sink's queue, the one that is lost last first. */
export const LANES = ['audit', 'aggregate', 'routine'] as const;
export type Lane = (typeof LANES)[number];

/** Control changes, overrides, and decisions that were not routine come first; sampled routine decisions last. */
export function laneOf(event: UnderstudyEvent): Lane {
  if (event.type === 'decision') return isRoutine(event) ? 'routine' : 'audit';
  if (event.type === 'outcome') return event.kind === 'override' ? 'audit' : 'aggregate';
  return event.type === 'shadow-compared' || event.type === 'telemetry-dropped' ? 'aggregate' : 'audit';
}

/** A decision that the assigned variant served at its first attempt. */
export function isRoutine(event: UnderstudyEvent): boolean {
  return event.type === 'decision' && event.outcome === 'served' && !event.degraded && event.attempts.length === 0;
}

/** Bytes of a decision as JSON, about; its texts, attempts and content come on top. */
const DECISION_BYTES = 480;
const ATTEMPT_BYTES = 160;

/** About how many bytes an event holds, without serialising it. Its content is plain data without cycles. */
export function estimateBytes(event: UnderstudyEvent): number {
  if (event.type !== 'decision') return dataBytes(event);
  let bytes = DECISION_BYTES + event.reason.length + (event.tenant?.length ?? 0);
  for (const { message } of event.attempts) bytes += ATTEMPT_BYTES + (message?.length ?? 0);
  return bytes + dataBytes(event.facts) + dataBytes(event.input) + dataBytes(event.output);
}

function dataBytes(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return 2 + value.length;
    case 'object': {
      if (value === null) return 4;
      let bytes = 2;
      for (const [key, item] of Object.entries(value)) bytes += key.length + 4 + dataBytes(item);
      return bytes;
    }
    case 'undefined':
      return 0;
    default:
      return 8;
  }
}
