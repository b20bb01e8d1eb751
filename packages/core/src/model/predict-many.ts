import { errorText, problemsError } from '../errors/index.ts';
import { adopted, atOnce } from '../time/index.ts';
import type { PredictManyOptions, PredictOptions, Unit } from './model-api.ts';

const DEFAULT_CONCURRENCY = 16;

/** One that throws, or has none for an input, is the caller's to mend: a unit drawn by chance would hide it. */
function unitOf<I>(unit: (input: I, index: number) => Unit, input: I, index: number): Unit {
  try {
    return (atOnce(unit(input, index)) ?? null) as Unit;
  } catch (error) {
    const problem = { path: 'options.unit', message: `threw for inputs[${index}]: ${errorText(error)}` };
    throw problemsError('INPUT_INVALID', 'The call of predictMany()', [problem], error);
  }
}

/** What many predictions need of their model. */
export interface PredictManyModel<I, D> {
  readonly predict: (input: I, options: PredictOptions) => Promise<D>;
  /** How many calls it takes at once now before it sheds one. */
  readonly capacity: () => number;
  /** Inputs that its champion takes in one batch. */
  readonly batchSize: number;
  /** Told of an `onProgress` that fails. */
  readonly failed: (error: unknown) => void;
}

/**
 * Settles every input, in order, at most `concurrency` at once, and never so many that the model's own limit would send the rest
 * to its fallback. A failure or a cancel of one leaves the others; an abort of the whole settles the rest with the abort's reason,
 * without calling anything.
 */
export function predictMany<I, D>(
  inputs: readonly I[],
  options: PredictManyOptions<I>,
  { predict, capacity, batchSize, failed: progressFailed }: PredictManyModel<I, D>,
): Promise<readonly PromiseSettledResult<D>[]> {
  // Two batches at once: one is filled while the other is on its way.
  const { concurrency = Math.max(DEFAULT_CONCURRENCY, 2 * batchSize), unit, onProgress, ...shared } = options;
  const results = new Array<PromiseSettledResult<D>>(inputs.length);
  let next = 0;
  let running = 0;
  let settled = 0;
  let failed = 0;

  const told = (): void => {
    try {
      adopted(onProgress?.({ settled, failed, total: inputs.length }))?.catch(progressFailed);
    } catch (error) {
      // Progress is for show: a listener that throws must not change a result.
      progressFailed(error);
    }
  };
  const one = async (index: number): Promise<void> => {
    const input = inputs[index] as I;
    try {
      if (shared.signal?.aborted === true) throw shared.signal.reason;
      const value = await predict(input, unit === undefined ? shared : { ...shared, unit: unitOf(unit, input, index) });
      results[index] = { status: 'fulfilled', value };
    } catch (reason) {
      results[index] = { status: 'rejected', reason };
      failed++;
    }
  };
  return new Promise((done) => {
    const start = (): void => {
      // Half of the queue is left to the callers beside.
      while (next < inputs.length && running < Math.max(1, Math.min(concurrency, Math.floor(capacity() / 2)))) {
        running++;
        void one(next++).then(ended);
      }
      if (settled === inputs.length) done(results);
    };
    const ended = (): void => {
      running--;
      settled++;
      told();
      start();
    };
    start();
  });
}
