import { type ErrorCode, UnderstudyError } from '../errors/index.ts';
import type { AttemptRecord } from '../events/index.ts';
import type { FailureClass } from '../policies/index.ts';
import type { Failure } from '../spec/index.ts';
import type { Step } from './plan.ts';

/** An attempt that did not serve: what the tiers after it see, and what its record is made of when somebody asks. */
export class FailedAttempt implements Failure {
  declare readonly code: ErrorCode;
  declare readonly message: string;
  declare readonly class: FailureClass;
  declare readonly from: string;
  declare readonly cause: unknown;
  declare private readonly step: Step;
  declare private readonly number: number;
  declare private readonly startedAt: number;
  declare private readonly endedAt: number;

  /** Times are monotonic milliseconds; `number` is 1 for the first attempt on a variant. */
  constructor(step: Step, error: unknown, resultClass: FailureClass, number: number, startedAt: number, endedAt: number) {
    const known = UnderstudyError.is(error);
    this.code = known ? error.code : 'PREDICTOR_FAILED';
    this.message = known || error instanceof Error ? error.message : String(error);
    this.class = resultClass;
    this.from = step.name;
    this.cause = error;
    this.step = step;
    this.number = number;
    this.startedAt = startedAt;
    this.endedAt = endedAt;
  }

  /** The record for events and explanations; times are relative to the start of the call. */
  record(callStartedAt: number): AttemptRecord {
    return {
      name: this.from,
      tier: this.step.tier,
      attempt: this.number,
      startMs: this.startedAt - callStartedAt,
      durationMs: this.endedAt - this.startedAt,
      resultClass: this.class,
      errorType: this.code,
      message: this.message,
    };
  }
}
