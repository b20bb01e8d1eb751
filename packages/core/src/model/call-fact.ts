import type { CallFact } from '../spec/index.ts';
import type { Prediction } from './prediction.ts';

/**
 * What a rollout may learn from a call, by the variant that it was assigned, whoever served in the end. `undefined` where the
 * call says nothing of that variant: the caller's own fault, a limit of ours, a pause, a variant that was switched off.
 */
export function callFact(prediction: Prediction, output: unknown, served: boolean, now: number): CallFact | undefined {
  const durationMs = now - prediction.startedAt;
  const { input, failures } = prediction;
  if (served) return { input, output, failed: false, durationMs };
  const failure = failures?.find(({ from }) => from === prediction.plan.assignment.variant);
  if (failure === undefined || failure.class === 'caller-error' || failure.class === 'cancelled') return undefined;
  if (failure.class === 'rejected' && failure.code !== 'CIRCUIT_OPEN') return undefined;
  return { input, output, failed: true, durationMs };
}
