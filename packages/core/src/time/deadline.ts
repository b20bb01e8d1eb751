/** Where nothing limits a call. */
export const NO_DEADLINE_MS = Infinity;

/**
 * The part of a deadline that is kept for the tiers after a variant, so that a slow variant cannot eat the time of its
 * own rescue: 20 % of it, at most 50 ms.
 */
export function reserveMs(deadlineMs: number): number {
  return Math.min(50, Math.floor(deadlineMs * 0.2));
}

/** The monotonic moment, in whole milliseconds, at which a deadline of `deadlineMs` from `now` has passed. */
export function expiresAt(now: number, deadlineMs: number): number {
  return Math.floor(now) + Math.ceil(deadlineMs) + 1;
}
