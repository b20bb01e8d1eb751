import type { OutcomeResult } from '@understudy/core';

/** What came of asking somebody's function: its answer, or why there is none. */
export type Answer =
  | { readonly result: OutcomeResult | undefined }
  | { readonly failure: 'failed' | 'timedOut' | 'refused'; readonly error: unknown };

const RESULTS: readonly unknown[] = [
  'counted',
  'unscored',
  'duplicate',
  'unknown',
  'late',
  'forged',
] satisfies readonly OutcomeResult[];
/** The longest that a timer of a browser can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls `record`, which may throw, hang, or answer with anything. Never rejects. After the time limit nothing of what hangs holds the caller.
 */
export async function answerInTime(record: () => unknown, ms: number): Promise<Answer> {
  try {
    const result = (await inTime(record, ms)) ?? undefined;
    if (result === undefined || RESULTS.includes(result)) return { result: result as OutcomeResult | undefined };
    throw new TypeError('record() answers with an OutcomeResult or nothing');
  } catch (error) {
    return { failure: failureOf(error), error };
  }
}

function inTime(work: () => unknown, ms: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new DOMException(`record() took over ${ms} ms`, 'TimeoutError')),
      Math.min(ms, LONGEST_MS),
    );
    // Made here, so that a `then` that throws when it is read is a rejection too.
    new Promise((adopt) => adopt(work())).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Errors of others may throw when they are looked at. */
function failureOf(error: unknown): 'failed' | 'timedOut' | 'refused' {
  try {
    const { name, code } = Object(error) as { readonly name?: unknown; readonly code?: unknown };
    // As `AbortSignal.timeout()` names it too.
    if (name === 'TimeoutError') return 'timedOut';
    return code === 'OUTCOME_INVALID' ? 'refused' : 'failed';
  } catch {
    return 'failed';
  }
}
