import type { AdapterPredictor } from '../types/index.ts';

/** The same predictor, which a model does not close: whoever made it does. */
export function withoutClose(predictor: AdapterPredictor): AdapterPredictor {
  if (typeof predictor !== 'function') return predictor;
  const { close: _, ...parts } = predictor;
  return Object.assign<AdapterPredictor, Partial<AdapterPredictor>>((input, call) => predictor(input, call), parts);
}
