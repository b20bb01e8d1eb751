import { UnderstudyError } from '@understudy/core';

/** `store` did not take a command; `cause` says why. */
function storeUnavailable(store: string, cause: unknown): UnderstudyError {
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new UnderstudyError('STORE_UNAVAILABLE', `The ${store} store did not answer: ${reason}. Try again when it is back.`, {
    cause,
    retryable: true,
  });
}

export function storeClosed(store: string): UnderstudyError {
  return new UnderstudyError('CLOSED', `The ${store} store was closed and takes no more calls.`);
}

/**
 * The answer of `work`, or a rejection when `timeoutMs` is over or `signal` aborts: the answer that comes later is dropped.
 *
 * @throws UnderstudyError `STORE_UNAVAILABLE` for every failure of `work`; errors of ours pass
 */
export async function storeCall<T>(store: string, timeoutMs: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  const stop = Promise.withResolvers<never>();
  const onAbort = (): void => stop.reject(signal?.reason);
  const timer = setTimeout(() => stop.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  signal?.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work(), stop.promise]);
  } catch (error) {
    if (signal?.aborted || UnderstudyError.is(error)) throw error;
    throw storeUnavailable(store, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
