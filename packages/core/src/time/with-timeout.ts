import type { Clock } from './clock.ts';

/** How long something is waited for: some milliseconds of a clock, or until a signal aborts. */
export type Limit = AbortSignal | TimeLimit;

interface TimeLimit {
  readonly clock: Clock;
  readonly ms: number;
  /** Whether its timer lets the process end. */
  readonly background: boolean;
}

/**
 * What `work` returns or throws, now or as a promise, whoever made that; past the limit what `late` returns or throws, nothing by
 * default. No timer, no listener and no late rejection is left behind.
 */
export async function withTimeout<T, L = void>(limit: Limit, work: () => T, late?: () => L): Promise<Awaited<T> | L> {
  const over = Promise.withResolvers<void>();
  const lift = whenOver(limit, () => over.resolve());
  try {
    return await Promise.race([work(), over.promise.then(late)]);
  } finally {
    lift();
  }
}

/** Calls `over` at the limit; returns what forgets it. */
function whenOver(limit: Limit, over: () => void): () => void {
  if ('clock' in limit) {
    const { clock, ms, background } = limit;
    const timer = clock.schedule(over, ms, background);
    return () => clock.cancel(timer);
  }
  if (limit.aborted) over();
  else limit.addEventListener('abort', over, { once: true });
  return () => limit.removeEventListener('abort', over);
}
