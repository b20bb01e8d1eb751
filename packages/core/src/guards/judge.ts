import { callback, count, type Kinds, ms, required, shareOr0, whole } from '../errors/index.ts';
import type { MaybePromise } from '../types/index.ts';
import type { Guard, GuardOptions } from './guard.ts';
import { guardOf } from './guard-base.ts';
import type { JudgedCall, JudgeVerdict } from './judged-call.ts';

export interface JudgeOptions<I, O> extends Pick<GuardOptions, 'name'> {
  /** Asks a model, or whoever judges. `signal` aborts when its time is over. */
  readonly ask: (
    call: JudgedCall<NoInfer<I>, NoInfer<O>> & { readonly signal: AbortSignal },
  ) => MaybePromise<boolean | JudgeVerdict>;
  /** Told of each verdict: record it as feedback of the decision, for monitors and gates. @defaultValue verdicts are counted in `status()` alone */
  readonly report?: (verdict: JudgeVerdict, call: JudgedCall<NoInfer<I>, NoInfer<O>>) => unknown;
  /** Share of the calls that are judged, 0–1. @defaultValue 1 */
  readonly sampleRate?: number;
  /** Longest time of one judgement, in milliseconds. @defaultValue 30000 */
  readonly timeoutMs?: number;
  /** Judgements at once. @defaultValue 4 */
  readonly concurrency?: number;
  /** Calls that may wait to be judged. Any more are dropped and counted. @defaultValue 100 */
  readonly maxQueue?: number;
}

const JUDGE: Kinds<Omit<JudgeOptions<never, never>, keyof GuardOptions>> = {
  ask: required(callback),
  report: callback,
  sampleRate: shareOr0,
  timeoutMs: ms,
  concurrency: count,
  maxQueue: whole(1, 1_000_000),
};

/**
 * A judge in the shadow of outputs: it reads calls that a variant has served, when they are over. It never delays, changes or fails a call; it
 * reports. Judgements have a pool of their own.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function judge<I, O>(options: JudgeOptions<I, O>): Guard<{ readonly input: I; readonly output: O }> {
  type Any = JudgeOptions<unknown, unknown>;
  return guardOf<Any>('judge', options as unknown as Any, JUDGE, 'report', (settings) => {
    const { ask, report, sampleRate = 1, timeoutMs = 30_000, concurrency = 4, maxQueue = 100 } = settings;
    return { of: 'calls', judge: { ask, report, sampleRate, timeoutMs, concurrency, maxQueue } };
  });
}
