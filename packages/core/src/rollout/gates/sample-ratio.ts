import type { AnyModelGate } from './error-rate.ts';
import { optionProblems } from './gate-options.ts';

export interface SampleRatioOptions {
  /** Probability of a false alarm over the whole rollout: strictly between 0 and 1. @defaultValue 0.001 */
  readonly alpha?: number;
}

/**
 * Holds the rollout while the units of the arms contradict their shares: something loses calls of one arm, and no comparison can
 * be trusted. Every rollout has it; name it to set its alpha.
 */
export function sampleRatio({ alpha = 0.001 }: SampleRatioOptions = {}): AnyModelGate {
  return {
    name: 'sampleRatio',
    weight: 1,
    sampleRatioAlpha: alpha,
    problems: optionProblems([alpha > 0 && alpha < 1, 'alpha', 'a probability strictly between 0 and 1', alpha]),
  };
}
