import type { Clock, TimerHandle } from './clock.ts';

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
  const pass = (): void => over.resolve();
  let timer: TimerHandle;
  if ('clock' in limit) timer = limit.clock.schedule(pass, limit.ms, limit.background);
  else if (limit.aborted) pass();
  else limit.addEventListener('abort', pass);
  try {
    return await Promise.race([work(), over.promise.then(late)]);
  } finally {
    if ('clock' in limit) limit.clock.cancel(timer);
    else limit.removeEventListener('abort', pass);
  }
}
