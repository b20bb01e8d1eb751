import { UnderstudyError } from '../../../src/errors/index.ts';
import { fakeCall } from '../../../src/testing/fake-call.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import type { AttemptResult, CallReport, FailureKind, PolicyCall, PolicyDependencies } from '../../../src/types/index.ts';
import { type Clock, NO_DEADLINE_MS } from '../../../src/time/index.ts';
import { SharedState } from '../../../src/policies/compose.ts';

/** A call as a policy sees it, without a deadline unless one is given. */
export const policyCall = (differences: Partial<PolicyCall> = {}): PolicyCall => ({
  ...fakeCall(),
  input: undefined,
  priority: 0,
  hasFallback: false,
  deadline: NO_DEADLINE_MS,
  ...differences,
});

/** What a policy is given, and what closes it. */
export function policyDependencies(
  clock: Clock,
  changes: Partial<PolicyDependencies> = {},
): { readonly dependencies: PolicyDependencies; readonly close: () => void; readonly changes: string[] } {
  const closings: (() => void)[] = [];
  const states: string[] = [];
  const [model, runtime] = [new SharedState(), new SharedState()];
  const dependencies: PolicyDependencies = {
    name: 'support/fast',
    clock,
    random: seededRandom(5),
    changed: ({ kind, from, to }) => void states.push(`${kind} ${from} → ${to}`),
    onClose: (work) => void closings.push(work),
    shared: (scope, key, create) => (scope === 'model' ? model : runtime).get(key, create),
    ...changes,
  };
  return { dependencies, close: () => closings.splice(0).forEach((work) => work()), changes: states };
}

/** How an attempt ended that reported these tokens. */
export const used = (input: number | undefined, output: number | undefined, rest: Partial<CallReport> = {}): AttemptResult => ({
  report: {
    usage: {
      inputTokens: { total: input, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: output, text: undefined, reasoning: undefined },
    },
    ...rest,
  },
  costMicroUsd: undefined,
  error: undefined,
});

/** How an attempt ended that reported nothing. */
export const NOTHING_TOLD: AttemptResult = { report: undefined, costMicroUsd: undefined, error: undefined };

/** What an attempt failed with, of this kind. */
export const failing = (kind: FailureKind): UnderstudyError =>
  new UnderstudyError('PREDICTOR_FAILED', kind, { details: { kind } });

/** The most in any time of this length: from a moment on, up to but without its end. */
export function mostWithin(ms: number, taken: readonly { readonly at: number; readonly amount: number }[]): number {
  let [most, sum, first] = [0, 0, 0];
  for (const { at, amount } of taken) {
    sum += amount;
    for (let oldest = taken[first]; oldest !== undefined && oldest.at <= at - ms; oldest = taken[++first]) sum -= oldest.amount;
    most = Math.max(most, sum);
  }
  return most;
}
