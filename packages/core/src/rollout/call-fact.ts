import type { Assignment } from '../routing/assignment.ts';
import type { CallFact, CallUsage, Failure } from '../types/index.ts';
import type { UnitEntry } from './unit-entry.ts';

/** A call, as far as a rollout learns from it. */
export interface AssignedCall {
  /** After its contract. */
  readonly input: unknown;
  readonly unit: string;
  readonly startedAt: number;
  readonly plan: { readonly assignment: Assignment };
  readonly control: { readonly known: boolean };
  /** Attempts that did not serve. */
  readonly failures: readonly Failure[] | undefined;
  /** What its attempts have reported. */
  readonly usage?: CallUsage | undefined;
  readonly firstContentMs?: number | undefined;
  /** The entry of its unit into the evidence, where it is the first call that counts. */
  entry: UnitEntry | undefined;
}

/** A call that a cache has served: its unit counts, and no gate measures it. A cache that is warmer than another would look like a better variant. */
export const CACHED: CallFact = Object.freeze({ input: undefined, output: undefined, failed: false, durationMs: 0 });

/**
 * What a rollout may learn from a call, by the variant that it was assigned, whoever served in the end. `undefined` where the
 * call says nothing of that variant: the caller's own fault, a limit of ours, a pause, a variant that was switched off.
 */
export function callFact(call: AssignedCall, output: unknown, served: boolean, now: number): CallFact | undefined {
  const durationMs = now - call.startedAt;
  const { input, failures, usage, firstContentMs } = call;
  if (served) return { input, output, failed: false, durationMs, usage, firstContentMs };
  const failure = failures?.find(({ from }) => from === call.plan.assignment.variant);
  if (failure === undefined || failure.class === 'cancelled') return undefined;
  // A guard on its output is the one caller's error that is the variant's own.
  if (failure.class === 'caller-error' && failure.code !== 'GUARD_BLOCKED') return undefined;
  if (failure.class === 'rejected' && failure.code !== 'CIRCUIT_OPEN') return undefined;
  return { input, output, failed: true, durationMs, usage, firstContentMs };
}
