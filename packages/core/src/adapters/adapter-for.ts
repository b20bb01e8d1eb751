import type { AdapterPredictor, Predictor } from '../types/index.ts';

/**
 * The predictor of an adapter whose options have callbacks over the input: inside `defineModel` they see the contract's input.
 * What it answers is checked by the output contract at run time.
 */
export type AdapterFor<I> = Predictor<I, ReturnType<AdapterPredictor>>;
