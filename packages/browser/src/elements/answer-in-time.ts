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
    return { failure: error instanceof Late ? 'timedOut' : isRefusal(error) ? 'refused' : 'failed', error };
  }
}

class Late extends Error {
  override readonly name = 'TimeoutError';
}

function inTime(work: () => unknown, ms: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Late(`record() took over ${ms} ms`)), Math.min(ms, LONGEST_MS));
    // Made here, so that a `then` that throws when it is read is a rejection too.
    new Promise((adopt) => adopt(work())).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Whether an outcome was refused as one that breaks the contract; errors of others may throw when they are looked at. */
function isRefusal(error: unknown): boolean {
  try {
    return Reflect.get(Object(error) as object, 'code') === 'OUTCOME_INVALID';
  } catch {
    return false;
  }
}
