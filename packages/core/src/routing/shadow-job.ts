import { type ErrorCode, UnderstudyError } from '../errors/index.ts';
import type { FailureClass, Operation } from '../policies/operation.ts';
import type { Call, ResultClass } from '../types/index.ts';
import { atOnce } from '../time/index.ts';
import type { Comparator, Comparison } from './comparators.ts';

/** What the shadow of one variant needs. */
export interface ShadowTarget {
  readonly variant: string;
  readonly version: string;
  readonly predictor: (input: unknown, call: Call) => unknown;
  /** Checks an output against the contract; throws, or returns the checked output or a promise of it. */
  readonly accept: (output: unknown) => unknown;
  readonly compare: Comparator<unknown>;
  /** Told of a comparator that fails. */
  readonly failed: (error: unknown) => void;
}

export interface ShadowResult {
  readonly decisionId: string;
  readonly target: ShadowTarget;
  readonly resultClass: ResultClass;
  readonly agrees: boolean | null;
  readonly difference: number | undefined;
  readonly durationMs: number;
  readonly errorType: ErrorCode | undefined;
  readonly input: unknown;
  readonly unit: string;
  /** Both outputs; `undefined` where there was none, or none to compare. */
  readonly served: unknown;
  readonly output: unknown;
}

interface ShadowSide {
  readonly resultClass: ResultClass;
  readonly output: unknown;
  readonly durationMs: number;
  readonly errorType: ErrorCode | undefined;
}

/**
 * What the served call keeps of a shadow: as little as can be, since it is made on the call path. The job is made later, when the
 * pool has a place; whichever side ends last brings both together.
 */
export class ShadowTicket {
  declare readonly input: unknown;
  declare readonly unit: string;
  /** Another shadow of the same call. */
  declare readonly next: ShadowTicket | undefined;
  /** Id of the decision, once the served side has ended. */
  declare decisionId: string | undefined;
  /** Whether the model tier of the assigned variant served; only then is there something to compare with `output`. */
  declare comparable: boolean;
  declare output: unknown;
  declare job: ShadowJob | undefined;

  constructor(input: unknown, unit: string, next: ShadowTicket | undefined) {
    this.input = input;
    this.unit = unit;
    this.next = next;
    this.decisionId = undefined;
    this.comparable = false;
    this.output = undefined;
    this.job = undefined;
  }
}

/** Tells all shadows of a call how its served side ended. */
export function settleTickets(first: ShadowTicket, decisionId: string, comparable: boolean, output: unknown): void {
  for (let ticket: ShadowTicket | undefined = first; ticket !== undefined; ticket = ticket.next) {
    ticket.decisionId = decisionId;
    ticket.comparable = comparable;
    ticket.output = output;
    ticket.job?.compareWhenBoth();
  }
}

/** One input for a shadow. The comparison is made when both sides have ended, in whichever order. */
export class ShadowJob implements Operation {
  readonly target: ShadowTarget;
  readonly priority = 0;
  readonly repeatable = false;
  readonly hasAlternative = false;
  readonly parentId = undefined;
  readonly tenant = undefined;
  readonly delivered = undefined;
  readonly hasFallback = false;
  readonly isExtra = false;
  readonly #report: (result: ShadowResult) => void;
  readonly #ticket: ShadowTicket;
  #shadow: ShadowSide | undefined;

  constructor(target: ShadowTarget, ticket: ShadowTicket, report: (result: ShadowResult) => void) {
    this.target = target;
    this.#ticket = ticket;
    this.#report = report;
    ticket.job = this;
  }

  get input(): unknown {
    return this.#ticket.input;
  }

  get unit(): string {
    return this.#ticket.unit;
  }

  idempotencyKey(): string {
    return crypto.randomUUID();
  }

  invoke(input: unknown, attempt: Call): unknown {
    return this.target.predictor(input, attempt);
  }

  accept(output: unknown): unknown {
    return this.target.accept(output);
  }

  complete(output: unknown, attempt: { readonly startedAt: number }, now: number, resultClass: 'ok' | 'slow'): undefined {
    this.#shadow = { resultClass, output, durationMs: now - attempt.startedAt, errorType: undefined };
    this.compareWhenBoth();
  }

  retrying(): void {}

  used(): void {}

  rescue(error: unknown, resultClass: FailureClass, _number: number, startedAt: number, now: number): undefined {
    const errorType = UnderstudyError.is(error) ? error.code : 'PREDICTOR_FAILED';
    this.#shadow = { resultClass, output: undefined, durationMs: now - startedAt, errorType };
    this.compareWhenBoth();
  }

  /** Reports once both sides have ended. */
  compareWhenBoth(): void {
    const { decisionId } = this.#ticket;
    const shadow = this.#shadow;
    if (decisionId === undefined || shadow === undefined) return;
    const comparison = this.#compare(shadow);
    this.#report({
      decisionId,
      target: this.target,
      resultClass: shadow.resultClass,
      durationMs: shadow.durationMs,
      errorType: shadow.errorType,
      input: this.input,
      unit: this.unit,
      served: this.#ticket.output,
      output: shadow.output,
      ...comparison,
    });
  }

  #compare(shadow: ShadowSide): { readonly agrees: boolean | null; readonly difference: number | undefined } {
    const { comparable, output } = this.#ticket;
    if (!comparable || shadow.errorType !== undefined) return { agrees: null, difference: undefined };
    try {
      const compared = atOnce(this.target.compare(output, shadow.output, this.input));
      const { agrees, difference } = compared as Comparison;
      if (typeof agrees !== 'boolean') throw new TypeError('It answered no { agrees: true or false }, at once.');
      return { agrees, difference: typeof difference === 'number' ? difference : undefined };
    } catch (error) {
      // A user's comparator that throws has compared nothing; the pair is reported, so that it is seen.
      this.target.failed(error);
      return { agrees: null, difference: undefined };
    }
  }
}
