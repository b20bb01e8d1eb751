import { UnderstudyError } from '@understudy/core';
import type { Clock } from '@understudy/core/authoring';

/**
 * What a function that is not ours returns, as long as it takes less than `ms`. Its late answer, or a late rejection, is dropped.
 *
 * @throws UnderstudyError `TIMEOUT`, or what the function throws
 */
export function within<T>(clock: Clock, ms: number, name: string, work: () => T): Promise<Awaited<T>> {
  return new Promise((resolve, reject) => {
    const late = new UnderstudyError('TIMEOUT', `${name} did not answer within ${ms} ms.`, { retryable: true });
    const timer = clock.schedule(() => reject(late), ms, true);
    const settle = (done: () => void): void => {
      clock.cancel(timer);
      done();
    };
    // A promise adopts what `work` returns, and rejects with what it throws.
    new Promise<Awaited<T>>((adopt) => adopt(work() as Awaited<T>)).then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
