import type { UnderstudyEvent } from './event.ts';

/** Lanes of a sink's queue, the one that is lost last first. */
export const LANES = ['audit', 'aggregate', 'routine'] as const;
export type Lane = (typeof LANES)[number];

/** A decision that the assigned variant served at its first attempt. */
export function isRoutine(event: UnderstudyEvent): boolean {
  return event.type === 'decision' && event.outcome === 'served' && !event.degraded && event.attempts.length === 0;
}

/** Control changes, overrides, and decisions that were not routine come first; sampled routine decisions last. */
export function laneOf(event: UnderstudyEvent): Lane {
  if (event.type === 'decision') return isRoutine(event) ? 'routine' : 'audit';
  if (event.type === 'outcome') return event.kind === 'override' ? 'audit' : 'aggregate';
  return event.type === 'shadow-compared' || event.type === 'telemetry-dropped' ? 'aggregate' : 'audit';
}

/** Bytes of a decision as JSON, about; its texts, attempts and content come on top. */
const DECISION_BYTES = 480;
const ATTEMPT_BYTES = 160;
const MODEL_CALL_BYTES = 500;

const DEEPEST = 200;

/** About how many bytes an event holds, without serialising it. */
export function estimateBytes(event: UnderstudyEvent): number {
  if (event.type !== 'decision') return dataBytes(event, 0);
  let bytes = DECISION_BYTES + event.reason.length + (event.tenant?.length ?? 0);
  for (const { message } of event.attempts) bytes += ATTEMPT_BYTES + (message?.length ?? 0);
  bytes += MODEL_CALL_BYTES * (event.modelCalls?.length ?? 0);
  return bytes + dataBytes(event.facts, 0) + dataBytes(event.input, 0) + dataBytes(event.output, 0);
}

function dataBytes(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
      return 2 + value.length;
    case 'object': {
      if (value === null) return 4;
      if (depth > DEEPEST) throw new RangeError('A cycle, or data that nobody can write.');
      let bytes = 2;
      for (const [key, item] of Object.entries(value)) bytes += key.length + 4 + dataBytes(item, depth + 1);
      return bytes;
    }
    case 'undefined':
      return 0;
    default:
      return 8;
  }
}
