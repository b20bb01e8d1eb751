import type { MaybePromise } from '../spec/index.ts';

/** Resolves when `work` has ended or when `signal` aborts, whichever is first; rejects with what `work` threw before. */
export async function orAborted(work: () => MaybePromise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const stop = (): void => aborted.resolve();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
