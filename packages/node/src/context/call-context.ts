import { AsyncLocalStorage } from 'node:async_hooks';
import type { PredictOptions } from '@understudy/core';

/** What the calls of `predict` within one request have in common. */
export type CallContext = Pick<PredictOptions, 'unit' | 'tenant' | 'priority' | 'signal' | 'within' | 'trace'>;

/**
 * The context of the code that runs: a request, a job, a call. It holds over every `await`: in predictors at each of their
 * attempts, in fallback tiers, and in listeners of decisions.
 */
export const callContext = new AsyncLocalStorage<CallContext>();

/** Runs `work` in a context that has `values`, and what they do not say from the context around it. */
export function withCallContext<R>(values: CallContext, work: () => R): R {
  return callContext.run({ ...callContext.getStore(), ...values }, work);
}

/** The context as options: `model.predict(input, { ...contextOptions(), deadlineMs: 300 })`. Empty outside of any context. */
export function contextOptions(): CallContext {
  return { ...callContext.getStore() };
}
