import type { OutcomePart } from '../monitors/monitor.ts';
import type { Outcome } from './model-api.ts';

/** An outcome, as monitors read it. */
export function outcomePart(outcome: Outcome<unknown, unknown, unknown, string>, at: number): OutcomePart {
  if ('truth' in outcome) return { at, truth: { value: outcome.truth } };
  return { at, ...outcome };
}
