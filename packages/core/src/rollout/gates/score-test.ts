import type { EvidenceTest } from '../../types/index.ts';
import { boundedTest } from '../bounded-evidence.ts';
import { scoreTest } from '../score-evidence.ts';
import type { ScoreGateOptions } from './gate-options.ts';

/** The test of a gate on scores: by their range or their cap where they have one. */
export function testOfScores(
  { maxLoss, range, cap = range, missingAs }: ScoreGateOptions & { readonly missingAs?: number },
  better: 'higher' | 'lower',
): EvidenceTest {
  const sign = better === 'higher' ? 1 : -1;
  return cap === undefined ? scoreTest({ maxLoss, sign, missingAs }) : boundedTest({ maxLoss, range: cap, sign, missingAs });
}

/** A value, cut to the cap where there is one. */
export function capped(value: number, cap: ScoreGateOptions['cap']): number {
  return cap === undefined ? value : Math.min(Math.max(value, cap[0]), cap[1]);
}
