/** A pause that all tabs of an origin make after a failure; times are milliseconds since the Unix epoch. */
export interface Pause {
  /** When it began. */
  readonly at: number;
  readonly until: number;
  /** What the pause grows from, in milliseconds. */
  readonly baseMs: number;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;
/** A longer `Retry-After` is taken for a mistake of the other side. A failure is forgotten so long after its pause. */
const LONGEST_ASKED_MS = 3_600_000;

/**
 * The pause after a failure: twice the one before, at least what the other side asked for.
 *
 * @param before the pause before; one that ended long ago, or begins in the future, counts for nothing
 * @param random uniform in [0, 1): many tabs, and many users, lose one receiver at the same time
 */
export function nextPause(before: Pause | undefined, askedMs: number, now: number, random: number): Pause {
  const isRecent = before !== undefined && isPast(before, now) && now - before.until < LONGEST_ASKED_MS;
  const baseMs = isRecent ? Math.min(2 * before.baseMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
  const ms = Math.min(Math.max(baseMs * (1 + random), askedMs), LONGEST_ASKED_MS);
  return { at: now, until: now + ms, baseMs };
}

/** What is left of a pause, in milliseconds. A clock that was set back since it began ends it. */
export function leftOf(pause: Pause | undefined, now: number): number {
  if (pause === undefined || !isPast(pause, now)) return 0;
  return Math.max(0, Math.min(pause.until, pause.at + LONGEST_ASKED_MS) - now);
}

const isPast = ({ at }: Pause, now: number): boolean => at <= now;
