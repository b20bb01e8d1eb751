import type { GateContext, GateVerdict, MaybePromise } from '../../spec/index.ts';
import { rolloutEngine } from '../rollout-engine.ts';
import type { AnyModelGate } from './error-rate.ts';
import { optionProblems } from './gate-options.ts';

export interface CustomGateOptions {
  readonly name: string;
  /**
   * Asked for its verdict in the background while the rollout is in shadow or in a canary stage, at most once in `refreshMs` of
   * `createUnderstudy`, one at a time. One that throws, or takes over 10 s, holds.
   */
  readonly check: (context: GateContext) => MaybePromise<{ readonly verdict: GateVerdict; readonly reason: string }>;
}

/** A condition of your own, such as an alert of your monitoring. Its false alarms are not part of alpha. */
export function gate({ name, check }: CustomGateOptions): AnyModelGate {
  return {
    name,
    weight: 1,
    '~engine': rolloutEngine,
    check,
    problems: optionProblems(
      [typeof name === 'string' && name !== '', 'name', 'a name that is not empty', name],
      [typeof check === 'function', 'check', 'a function (context) => ({ verdict, reason })', typeof check],
    ),
  };
}
