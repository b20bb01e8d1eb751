import { problemsError } from '../errors/index.ts';
import type { PredictManyOptions, PredictOptions } from './model-api.ts';

const DEFAULT_CONCURRENCY = 16;

/**
 * Settles every input, in order, at most `concurrency` at once. A failure or a cancel of one leaves the others; an abort of the
 * whole settles the rest with the abort's reason, without calling anything.
 */
export async function predictMany<I, D>(
  inputs: readonly I[],
  options: PredictManyOptions<I>,
  predict: (input: I, options: PredictOptions) => Promise<D>,
): Promise<readonly PromiseSettledResult<D>[]> {
  const { concurrency = DEFAULT_CONCURRENCY, unit, onProgress, ...shared } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw problemsError('INPUT_INVALID', 'The call of predictMany()', [
      { path: 'options.concurrency', message: `expected a whole number of at least 1, got ${concurrency}` },
    ]);
  const results = new Array<PromiseSettledResult<D>>(inputs.length);
  let next = 0;
  let settled = 0;
  let failed = 0;

  const settle = (index: number, result: PromiseSettledResult<D>): void => {
    results[index] = result;
    settled++;
    if (result.status === 'rejected') failed++;
    try {
      onProgress?.({ settled, failed, total: inputs.length });
    } catch {
      // Progress is for show: a listener that throws must not change a result.
    }
  };
  const worker = async (): Promise<void> => {
    for (let index = next++; index < inputs.length; index = next++) {
      const input = inputs[index] as I;
      try {
        shared.signal?.throwIfAborted();
        const value = await predict(input, unit === undefined ? shared : { ...shared, unit: unit(input, index) });
        settle(index, { status: 'fulfilled', value });
      } catch (reason) {
        settle(index, { status: 'rejected', reason });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(concurrency, inputs.length)) }, worker));
  return results;
}
