import {
  callback,
  finite,
  flag,
  kind,
  type Kinds,
  readOptions,
  required,
  UnderstudyError,
  withMethods,
} from '../errors/index.ts';
import type { Call, Predictor } from '../types/index.ts';
import { abandon, type ReviewQueue } from './review-queue.ts';

export interface HumanReviewOptions<I> {
  /** Where people find the cases. */
  readonly queue: ReviewQueue;
  /** The model that asks: its name, for those who answer. */
  readonly model: string;
  /** Whether people are asked about this input; others go on to the next tier. @defaultValue about each */
  readonly when?: (input: I) => boolean;
  /** Higher ones are answered first. @defaultValue 100: somebody waits */
  readonly priority?: number;
  /** Whether a case that nobody has answered in time goes on waiting, for its label. @defaultValue false: it is withdrawn */
  readonly keepLate?: boolean;
}

const KINDS: Kinds<HumanReviewOptions<unknown>> = {
  queue: required(withMethods('request', 'result', 'withdraw')),
  model: required(kind((value) => typeof value === 'string' && value !== '', 'the name of the model')),
  when: callback,
  priority: finite,
  keepLate: flag,
};

/**
 * People in the place of a model: a predictor whose answer is what a reviewer says, within the time of the call. Give it as a variant that the
 * fallback names, with `effects: 'once'` and a `timeout()` of its own; the tier after it serves when nobody answers in time.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. When called: `POLICY_REJECTED` for an input that `when` leaves out and where too many
 * cases wait, `STORE_UNAVAILABLE`, the signal's reason
 */
export function humanReview<I, R>(options: HumanReviewOptions<I>): Predictor<I, Promise<R>> {
  const settings = readOptions('humanReview', options as HumanReviewOptions<unknown>, KINDS, { priority: 100, keepLate: false });
  const { queue, model, when, priority, keepLate } = settings;
  const refused = (why: string): UnderstudyError => new UnderstudyError('POLICY_REJECTED', `People are not asked: ${why}.`);
  return async (input: I, { signal }: Call): Promise<R> => {
    // In plain JS it may answer anything.
    const isAsked: unknown = when === undefined || when(input);
    if (isAsked !== true) throw refused('when() leaves this input out');
    const id = await queue.request({ model, input, why: 'asked for its decision', priority });
    if (id === undefined) throw refused(`too many cases wait in the queue ${queue.name}`);
    try {
      return (await queue.result(id, { signal })).output as R;
    } catch (error) {
      // Nobody waits any more; what cannot be withdrawn now is answered for nothing.
      if (!keepLate) await abandon(queue, id);
      throw error;
    }
  };
}
