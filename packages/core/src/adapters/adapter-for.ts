import type { MaybePromise, Predictor } from '../types/index.ts';

/**
 * The predictor of an adapter whose options have callbacks over the input: inside `defineModel` they see the contract's input. `O` is what it
 * answers: what `parse` makes of an answer, or else what comes, which is `unknown` where the adapter cannot know it.
 */
export type AdapterFor<I, O = unknown> = Predictor<I, Promise<O>>;

/** Demands `parse` of the options where what comes is no `O`. Its parameters say nothing, so that they are those of the options. */
export type NeedsParse<Comes, O> = [Comes] extends [O]
  ? unknown
  : { readonly parse: (...answer: readonly never[]) => MaybePromise<O> };
