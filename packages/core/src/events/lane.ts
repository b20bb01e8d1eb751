import type { UnderstudyEvent } from './event.ts';

/** Lanes of a sink's queue, the one that is lost last first. */
export const LANES = ['audit', 'aggregate', 'routine'] as const;
export type Lane = (typeof LANES)[number];

/** Control changes, overrides, and decisions that were not routine come first; sampled routine decisions last. */
export function laneOf(event: UnderstudyEvent): Lane {
  if (event.type === 'decision') return isRoutine(event) ? 'routine' : 'audit';
  if (event.type === 'control-changed' || event.type === 'circuit-changed') return 'audit';
  return event.type === 'outcome' && event.kind === 'override' ? 'audit' : 'aggregate';
}

/** A decision that the assigned variant served at its first attempt. */
export function isRoutine(event: UnderstudyEvent): boolean {
  return event.type === 'decision' && event.outcome === 'served' && !event.degraded && event.attempts.length === 0;
}

/** Bytes of a plain event as JSON, about; its content and attempts come on top. */
const BASE_BYTES = 480;
const ATTEMPT_BYTES = 160;

/** About how many bytes an event holds, without serialising it. */
export function estimateBytes(event: UnderstudyEvent): number {
  if (event.type !== 'decision') return BASE_BYTES;
  return BASE_BYTES + event.reason.length + event.attempts.length * ATTEMPT_BYTES + contentBytes(event.input) + contentBytes(event.output);
}

function contentBytes(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return 2 + value.length;
    case 'object': {
      if (value === null) return 4;
      if (ArrayBuffer.isView(value)) return value.byteLength;
      let bytes = 2;
      for (const [key, item] of Object.entries(value)) bytes += key.length + 4 + contentBytes(item);
      return bytes;
    }
    case 'undefined':
      return 0;
    default:
      return 8;
  }
}
