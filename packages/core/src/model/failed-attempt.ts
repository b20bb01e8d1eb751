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

  /**
   * The message for events: without what a predictor, a rule or a schema said of values, since events carry content only where
   * it is allowed. The caller's `decision.reason` and `explain()` have the whole message.
   */
  get eventMessage(): string {
    if (this.code === 'OUTPUT_INVALID' && UnderstudyError.is(this.cause)) {
      const paths = (this.cause.details.problems ?? []).map(({ path }) => (path === '' ? '(whole value)' : path));
      return `The output of "${this.from}" broke its contract at ${paths.join(', ')}.`;
    }
    if (this.code === 'ABSTAINED') return `${this.from} abstained.`;
    if (UnderstudyError.is(this.cause)) return this.message;
    return `${this.from} threw ${this.cause instanceof Error ? `an error of its own (${this.cause.name})` : 'something that is no Error'}.`;
  }

  /** The record for events and explanations; times are relative to the start of the call, the message is the whole one unless another is given. */
  record(callStartedAt: number, message = this.message): AttemptRecord {
    return {
      name: this.from,
      tier: this.step.tier,
      attempt: this.number,
      startMs: this.startedAt - callStartedAt,
      durationMs: this.endedAt - this.startedAt,
      resultClass: this.class,
      errorType: this.code,
      message,
    };
  }
}
