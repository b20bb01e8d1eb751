import { checkOptions, type Kinds, probability } from '../../errors/index.ts';
import type { ModelGate } from '../../types/index.ts';

export interface SampleRatioOptions {
  /** Probability of a false alarm over the whole rollout: strictly between 0 and 1. @defaultValue 0.001 */
  readonly alpha?: number;
}

const SAMPLE_RATIO: Kinds<SampleRatioOptions> = { alpha: probability };

/**
 * Holds the rollout while the units of the arms contradict their shares: something loses calls of one arm, and no comparison can
 * be trusted. Every rollout has it; name it to set its alpha.
 */
export function sampleRatio(options: SampleRatioOptions = {}): ModelGate {
  const { settings, problems } = checkOptions(options, SAMPLE_RATIO, { alpha: 0.001 });
  return { name: 'sampleRatio', weight: 1, sampleRatioAlpha: settings.alpha, problems };
}
