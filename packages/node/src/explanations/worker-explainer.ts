import { parentPort, type Worker } from 'node:worker_threads';
import { UnderstudyError } from '@understudy/core';
import type { Attribution, Explainer } from '@understudy/core/monitors';
import { readOptions, required, safeErrorText, withMethods } from '@understudy/core/authoring';

interface Question {
  readonly number: number;
  readonly input: unknown;
}
type Answer = { readonly number: number } & ({ readonly attribution: Attribution } | { readonly failure: string });

/**
 * Answers for {@link workerExplainer}: call it once in the file that the worker runs.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` outside a worker
 */
export function serveExplainer<I>(explainer: Explainer<I>): void {
  readOptions('serveExplainer', { explainer }, { explainer: required(withMethods('explain')) }, {});
  const port = parentPort;
  if (port === null)
    throw new UnderstudyError(
      'CONFIGURATION_INVALID',
      'serveExplainer() runs in a worker: start it with new Worker(url) of node:worker_threads.',
    );
  port.on('message', ({ number, input }: Question) => {
    void answer(explainer as Explainer<unknown>, number, input).then((said) => {
      port.postMessage(said);
      return undefined;
    });
  });
}

async function answer(explainer: Explainer<unknown>, number: number, input: unknown): Promise<Answer> {
  try {
    return { number, attribution: await explainer.explain(input) };
  } catch (error) {
    return { number, failure: safeErrorText(error) };
  }
}

interface Pending {
  readonly resolve: (attribution: Attribution) => void;
  readonly reject: (error: Error) => void;
}

/**
 * An explainer whose work is done by a worker that calls {@link serveExplainer}: this thread only waits. The worker does not keep
 * the process alive. Inputs must survive the structured clone.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function workerExplainer<I>(worker: Worker): Explainer<I> {
  readOptions('workerExplainer', { worker }, { worker: required(withMethods('postMessage', 'on', 'unref')) }, {});
  const pending = new Map<number, Pending>();
  let number = 0;
  let gone: Error | undefined;
  const settle = (answered: number): Pending | undefined => {
    const waiting = pending.get(answered);
    pending.delete(answered);
    return waiting;
  };
  const end = (cause: unknown): void => {
    gone ??= failed('The worker has ended.', cause);
    for (const answered of pending.keys()) settle(answered)?.reject(gone);
  };
  worker.unref();
  worker.on('message', (said: Answer) => {
    const waiting = settle(said.number);
    if ('attribution' in said) waiting?.resolve(said.attribution);
    else waiting?.reject(failed(said.failure, undefined));
  });
  worker.on('error', end);
  worker.on('exit', (code) => end(code));
  return {
    explain: (input, { signal } = {}) => {
      const own = number++;
      const { promise, resolve, reject } = Promise.withResolvers<Attribution>();
      if (gone !== undefined || signal?.aborted === true) {
        reject(gone ?? (signal?.reason as Error));
        return promise;
      }
      pending.set(own, { resolve, reject });
      signal?.addEventListener('abort', () => settle(own)?.reject(signal.reason as Error), { once: true });
      // A thread has no origin.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      worker.postMessage({ number: own, input } satisfies Question);
      return promise;
    },
  };
}

const failed = (what: string, cause: unknown): UnderstudyError =>
  new UnderstudyError('PREDICTOR_FAILED', `The explanation failed: ${what}`, { cause });
