/**
 * Waits for what a hook returned, where that is a promise: one that rejects is given to `failed` rather than to the process, as
 * an unhandled rejection. Never throws.
 */
export function settleQuietly(result: unknown, failed: (error: unknown) => void): void {
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) return;
  // It takes a thenable's `then` once, also one that cannot be read, as a rejection.
  void new Promise((resolve) => resolve(result)).catch(failed);
}
