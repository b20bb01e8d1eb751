import { type ErrorCode, UnderstudyError } from '../errors/index.ts';
import type { FailureClass, Operation } from '../policies/operation.ts';
import type { Call, ResultClass } from '../types/index.ts';
import { adopted } from '../time/index.ts';
import type { AsyncComparator, ComparatorCall, Comparison } from './comparators.ts';

/** What the shadow of one variant needs. */
export interface ShadowTarget {
  readonly variant: string;
  readonly version: string;
  readonly predictor: (input: unknown, call: Call) => unknown;
  /** Checks an output against the contract; throws, or returns the checked output or a promise of it. */
  readonly accept: (output: unknown) => unknown;
  readonly compare: AsyncComparator<unknown>;
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

/** Keeps a place of the shadow's pool until work has ended; rejects when its time is over. */
export type Hold = <T>(work: Promise<T>) => Promise<T>;

/** What was found of a pair; nothing where there was nothing to compare. */
interface Compared {
  readonly agrees: boolean | null;
  readonly difference: number | undefined;
}
const NOT_COMPARED: Compared = { agrees: null, difference: undefined };

/** What a comparator may ask of a comparison; the signal is made when it is first read. */
class OneComparison implements ComparatorCall {
  #abort: AbortController | undefined;

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  over(): void {
    this.#abort?.abort();
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
  /** Its caller does not wait for it: it is no part of the caller's trace. */
  readonly trace = undefined;
  readonly delivered = undefined;
  readonly hasFallback = false;
  readonly isExtra = false;
  readonly #report: (result: ShadowResult) => void;
  readonly #hold: Hold;
  readonly #ticket: ShadowTicket;
  #shadow: ShadowSide | undefined;

  /** @param hold bounds comparisons that answer later */
  constructor(target: ShadowTarget, ticket: ShadowTicket, report: (result: ShadowResult) => void, hold: Hold) {
    this.target = target;
    this.#hold = hold;
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
    const { comparable, output } = this.#ticket;
    if (!comparable || shadow.errorType !== undefined) return this.#tell(decisionId, shadow, NOT_COMPARED);
    const comparison = new OneComparison();
    let answer: unknown;
    let later: Promise<unknown> | undefined;
    try {
      answer = this.target.compare(output, shadow.output, this.input, comparison);
      later = adopted(answer);
    } catch (error) {
      return this.#tell(decisionId, shadow, this.#broken(error));
    }
    if (later === undefined) return this.#tell(decisionId, shadow, this.#compared(answer));
    this.#hold(later).then(
      (value) => this.#tell(decisionId, shadow, this.#compared(value)),
      (error: unknown) => {
        comparison.over();
        this.#tell(decisionId, shadow, this.#broken(error));
      },
    );
  }

  #tell(decisionId: string, shadow: ShadowSide, compared: Compared): void {
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
      ...compared,
    });
  }

  #compared(answer: unknown): Compared {
    try {
      const { agrees, difference } = answer as Comparison;
      if (typeof agrees !== 'boolean') throw new TypeError('It answered no { agrees: true or false }.');
      return { agrees, difference: typeof difference === 'number' ? difference : undefined };
    } catch (error) {
      return this.#broken(error);
    }
  }

  /** A user's comparator that fails has compared nothing; the pair is reported, so that it is seen. */
  #broken(error: unknown): Compared {
    this.target.failed(error);
    return NOT_COMPARED;
  }
}
