import { callback, checkOptions, type Kinds, required, text } from '../../errors/index.ts';
import type { GateContext, GateVerdict, MaybePromise, ModelGate } from '../../types/index.ts';
import { rolloutRunner } from '../rollout-runner.ts';

export interface CustomGateOptions {
  readonly name: string;
  /**
   * Asked for its verdict in the background while the rollout is in shadow or in a canary stage, at most once in `refreshMs` of
   * `createUnderstudy`, one at a time. One that throws, or takes over 10 s, holds.
   */
  readonly check: (context: GateContext) => MaybePromise<{ readonly verdict: GateVerdict; readonly reason: string }>;
}

const CUSTOM: Kinds<CustomGateOptions> = { name: required(text), check: required(callback) };

/** A condition of your own, such as an alert of your monitoring. Its false alarms are not part of alpha. */
export function gate(options: CustomGateOptions): ModelGate {
  const { settings, problems } = checkOptions(options, CUSTOM, {});
  return { name: settings.name, weight: 1, '~runner': rolloutRunner, check: settings.check, problems };
}
