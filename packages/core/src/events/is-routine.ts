import type { UnderstudyEvent } from './event.ts';

/** A decision that the assigned variant served at its first attempt. */
export function isRoutine(event: UnderstudyEvent): boolean {
  return event.type === 'decision' && event.outcome === 'served' && !event.degraded && event.attempts.length === 0;
}
