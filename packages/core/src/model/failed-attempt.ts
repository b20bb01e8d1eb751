import { type ErrorCode, errorClass, errorText, readProperty } from '../errors/index.ts';
import type { AttemptFailedEvent, AttemptRecord } from '../events/event.ts';
import { causeCodeOf, ownErrorOf, statusOf } from '../policies/classify.ts';
import { failureKind } from '../policies/failure-kind.ts';
import { TIMEOUTS } from '../policies/limits.ts';
import type { FailureClass } from '../policies/operation.ts';
import type { Failure, FailureKind } from '../types/index.ts';
import type { Step } from './plan.ts';

/** Refusals of ours, whose messages are our own words: those of others quote what the other side, or the input, said. */
const OWN_WORDS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CIRCUIT_OPEN',
  'CONCURRENCY_LIMIT',
  'ISOLATED',
  'PAUSED',
  'POLICY_REJECTED',
  'THROTTLED',
]);

/** Which limit was passed, by the details of our `TIMEOUT`. */
function late(details: unknown): string {
  const [scope, limitMs] = [readProperty(details, 'scope'), readProperty(details, 'limitMs')];
  if (!Number.isFinite(limitMs)) return 'did not answer in time';
  const [what] = Object.entries(TIMEOUTS).find(([name]) => name === scope)?.[1] ?? TIMEOUTS.attempt;
  return `${what} ${String(limitMs)} ms`;
}

/** {@link FailedAttempt} of whatever was thrown: what cannot be read is told as such. */
export function failedAttempt(
  step: Step,
  error: unknown,
  resultClass: FailureClass,
  number: number,
  startedAt: number,
  endedAt: number,
): FailedAttempt {
  try {
    return new FailedAttempt(step, error, resultClass, number, startedAt, endedAt);
  } catch {
    return new FailedAttempt(step, new Error('What was thrown cannot be read.'), resultClass, number, startedAt, endedAt);
  }
}

/** An attempt that did not serve: what the tiers after it see, and what its record is made of when somebody asks. */
export class FailedAttempt implements Failure {
  declare readonly code: ErrorCode;
  declare readonly message: string;
  declare readonly class: FailureClass;
  declare readonly from: string;
  declare readonly cause: unknown;
  /** HTTP status and the code of what failed below it, where the failure has them. */
  declare private readonly status: number | undefined;
  declare private readonly causeCode: string | undefined;
  declare private ownKind: FailureKind | undefined;
  declare private readonly step: Step;
  declare private readonly number: number;
  declare private readonly startedAt: number;
  declare private readonly endedAt: number;

  /** Times are monotonic milliseconds; `number` is 1 for the first attempt on a variant. */
  constructor(step: Step, error: unknown, resultClass: FailureClass, number: number, startedAt: number, endedAt: number) {
    const own = ownErrorOf(error);
    this.code = own?.code ?? 'PREDICTOR_FAILED';
    // What our own policies refuse has a short message and no codes: an open circuit refuses a storm of calls.
    if (own !== undefined && resultClass === 'rejected') {
      this.status = this.causeCode = undefined;
      this.message = own.message;
    } else {
      this.status = statusOf(error);
      this.causeCode = this.status === undefined ? causeCodeOf(error) : undefined;
      const text = errorText(error);
      // A message like "fetch failed" is the same for a wrong name, a refused connection, a bad certificate and an open circuit.
      const more = [own?.message, this.causeCode].filter((part) => part !== undefined && !text.includes(part));
      this.message = more.length === 0 ? text : `${text} (${more.join(', ')})`;
    }
    this.class = resultClass;
    this.ownKind = undefined;
    this.from = step.name;
    this.cause = error;
    this.step = step;
    this.number = number;
    this.startedAt = startedAt;
    this.endedAt = endedAt;
  }

  /** Read from the failure when it is asked for: an open circuit refuses a storm of calls. */
  get kind(): FailureKind {
    return (this.ownKind ??= failureKind(this.cause));
  }

  /**
   * The message for events: without what a predictor, a rule or a schema said of values, since events carry content only where
   * it is allowed. The caller's `decision.reason` and `explain()` have the whole message.
   */
  get eventMessage(): string {
    const { cause, from, code } = this;
    if (code === 'OUTPUT_INVALID') return `The output of "${from}" broke its contract${this.#places()}.`;
    if (code === 'ABSTAINED') return `${from} abstained.`;
    const detail = this.status === undefined ? this.causeCode : `status ${this.status}`;
    const own = ownErrorOf(cause);
    if (own !== undefined) {
      if (code === 'HTTP_STATUS' && this.status !== undefined) return `${from} answered ${this.status}.`;
      // An adapter's word for what the network did.
      if (code === 'PREDICTOR_FAILED' && readProperty(own, 'retryable') === true && detail !== undefined)
        return `${from} could not be reached, or its connection was lost: ${detail}.`;
      if (code === 'TIMEOUT') return `${from} ${late(readProperty(own, 'details'))}.`;
      const isOurs = this.class === 'rejected' && this.step.variant !== undefined && OWN_WORDS.has(code);
      return isOurs ? this.message : `${from} failed: ${code}${detail === undefined ? '' : `, ${detail}`}.`;
    }
    const what = errorClass(cause);
    const thrown = what === undefined ? 'something that is no Error' : `an error of its own (${what})`;
    return `${from} threw ${thrown}${detail === undefined ? '' : `: ${detail}`}.`;
  }

  /** In how many places: the paths themselves may be content, such as the keys of a record. */
  #places(): string {
    const count = readProperty(readProperty(readProperty(ownErrorOf(this.cause), 'details'), 'problems'), 'length');
    if (typeof count !== 'number') return '';
    return count === 0 ? '' : count === 1 ? ' in one place' : ` in ${count} places`;
  }

  /** What listeners of `attempt-failed` are told. */
  facts(): Pick<
    AttemptFailedEvent,
    'name' | 'tier' | 'attempt' | 'resultClass' | 'errorType' | 'status' | 'causeCode' | 'durationMs' | 'error'
  > {
    return {
      name: this.from,
      tier: this.step.tier,
      attempt: this.number,
      resultClass: this.class,
      errorType: this.code,
      durationMs: this.endedAt - this.startedAt,
      error: this.cause,
      ...this.#codes(),
    };
  }

  #codes(): Pick<AttemptRecord, 'status' | 'causeCode'> {
    const { status, causeCode } = this;
    return { ...(status === undefined ? {} : { status }), ...(causeCode === undefined ? {} : { causeCode }) };
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
      ...this.#codes(),
      message,
    };
  }
}
