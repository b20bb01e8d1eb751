import type { Call } from './call.ts';
import type { MaybePromise } from './schema.ts';

/**
 * What computes an output: a function, or what an adapter returns. One callable interface rather than a union, so that a
 * wrong return is reported on its field.
 */
export interface Predictor<I, R> {
  (input: I, call: Call): R;
  /** Many inputs in one call, answered in order. */
  readonly predictBatch?: (inputs: readonly I[], call: Call) => MaybePromise<readonly unknown[]>;
  /** The answer in chunks, as they come: `model.stream()` calls it in place of the predictor. Its end is the end of a whole answer: what breaks off must throw. */
  readonly stream?: (input: I, call: Call) => MaybePromise<AsyncIterable<unknown>>;
  /** Facts that go on every decision of this predictor, such as the digest of a model file. Read when a decision is made. */
  readonly describe?: () => Readonly<Record<string, string>>;
  /** Called once by `close()`, after the calls in flight have ended. */
  readonly close?: () => MaybePromise<void>;
}

/** Adapters cannot know the contract: the output contract checks their outputs at run time. This is the one right use of `any`. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AdapterPredictor = Predictor<any, any>;
