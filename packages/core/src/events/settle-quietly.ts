import { adopted } from '../time/index.ts';

/**
 * Waits for what a hook returned, where that is a promise: one that rejects is given to `failed` rather than to the process, as
 * an unhandled rejection. Never throws.
 */
export function settleQuietly(result: unknown, failed: (error: unknown) => void): void {
  try {
    adopted(result)?.catch(failed);
  } catch (error) {
    failed(error);
  }
}
