/**
 * `work`, or a rejection with the signal's reason as soon as it aborts. For what cannot be stopped, or does not reliably hear
 * its signal. The listener is gone when this settles; a late result or failure of `work` is dropped.
 */
export async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    // The reason is the caller's own value: it passes through as it is.
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
