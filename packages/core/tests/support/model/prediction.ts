import { type ErrorCode, UnderstudyError } from '../../../src/errors/index.ts';
import { always } from '../../../src/fallback/always.ts';
import type { FailureClass } from '../../../src/policies/operation.ts';
import type { AnyOptions } from '../../../src/model/any-definition.ts';
import { FailedAttempt } from '../../../src/model/failed-attempt.ts';
import type { PredictOptions } from '../../../src/model/model-api.ts';
import type { Step } from '../../../src/model/plan.ts';
import { Prediction } from '../../../src/model/prediction.ts';
import { routerOf, snapshotOf } from './variant-router.ts';
import { hostOf } from './dependencies.ts';

/** A call of model m at 1,000 ms that v1 is assigned, with v2 and always() after it; nothing has been tried. */
export function predictionOf({
  options,
  force,
  control = snapshotOf(),
  router = {},
}: {
  readonly options?: PredictOptions;
  readonly force?: string;
  readonly control?: Prediction['control'];
  readonly router?: Partial<AnyOptions>;
} = {}): Prediction {
  const dependencies = {
    name: 'm',
    now: () => 1000,
    timers: hostOf().dependencies.timers,
    accept: (output: unknown) => output,
    check: (value: unknown) => ({ value, problems: undefined, more: 0, fault: false, cause: undefined }),
    outputError: () => errorOf('OUTPUT_INVALID', 'The output'),
    attemptFailed: () => undefined,
    stem: (at: number) => `stem-of-${at}`,
    served: () => 'served',
    failed: () => 'failed',
    cancelled: () => undefined,
  };
  const plan = routerOf({ fallback: ['v2', always(0)], ...router }).planFor('', force, control);
  return new Prediction(dependencies, { x: 1 }, String(options?.unit ?? ''), options, plan, control, 1000, 11_000, undefined);
}

/** A step of its plan. */
export function stepOf({ plan }: Prediction, at: number): Step {
  const step = plan.steps[at];
  if (step === undefined) throw new Error(`The plan has ${plan.steps.length} steps, none at ${at}`);
  return step;
}

/** An attempt of a step that failed, from 1,010 to 1,025 ms. */
export function failureOf(step: Step, error: unknown, resultClass: FailureClass = 'failed'): FailedAttempt {
  return new FailedAttempt(step, error, resultClass, 1, 1010, 1025);
}

export function errorOf(code: ErrorCode, message: string, retryable = false): UnderstudyError {
  return new UnderstudyError(code, message, { retryable });
}
