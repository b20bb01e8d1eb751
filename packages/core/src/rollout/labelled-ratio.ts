import type { EvidenceCell } from '../types/index.ts';
import { logMeanExp } from '../statistics/log-mean-exp.ts';
import { logSampleRatioE } from '../statistics/sample-ratio.ts';
import { sumOf } from './sum-of.ts';

/** Probability of taking labels for missing where they are not, over the whole rollout. */
const ALPHA = 0.01;
/** Finds a twentieth that is missing sooner than the ratio of units does: verdicts must not come first. */
const CONCENTRATION = 100;

/**
 * Why the outcomes of a gate cannot be compared: they are missing on one arm more often than on the other. Of the units whose
 * outcome is awaited as many must have one on either arm, whatever it says; those that are left out are no fair sample, and what
 * is missing would be taken for harm, or for proof.
 *
 * @returns a part of a sentence; `undefined` where nothing contradicts
 */
export function labelsMissing(cells: readonly EvidenceCell[]): string | undefined {
  const counted = cells.filter(({ counters: { x0 = 0, x1 = 0 } }) => x0 > 0 && x1 > 0);
  if (counted.length === 0) return undefined;
  const logs = counted.map(({ counters: { n0 = 0, n1 = 0, x0 = 0, x1 = 0 } }) =>
    logSampleRatioE([n0, n1], [x0, x1], CONCENTRATION),
  );
  if (logMeanExp(logs) < -Math.log(ALPHA)) return undefined;
  const share = (arm: '0' | '1'): string => `${((100 * sumOf(counted, `n${arm}`)) / sumOf(counted, `x${arm}`)).toFixed(1)} %`;
  return `outcomes are missing on one arm: ${share('0')} of the champion's units and ${share('1')} of the challenger's have one`;
}
