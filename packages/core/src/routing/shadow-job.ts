import { type ErrorCode, UnderstudyError } from '../errors/index.ts';
import type { FailureClass, Operation } from '../policies/index.ts';
import type { Call, ResultClass } from '../spec/index.ts';
import type { Comparator } from './comparators.ts';

/** What the shadow of one variant needs. */
export interface ShadowTarget {
  readonly variant: string;
  readonly version: string;
  readonly predictor: (input: unknown, call: Call) => unknown;
  /** Checks an output against the contract; throws, or returns the checked output or a promise of it. */
  readonly accept: (output: unknown) => unknown;
  readonly compare: Comparator<unknown>;
}

/** How the served side ended. `output` counts only when the model tier of the assigned variant served. */
export interface ServedSide {
  readonly decisionId: string;
  readonly served: { readonly output: unknown } | undefined;
}

export interface ShadowResult {
  readonly decisionId: string;
  readonly target: ShadowTarget;
  readonly resultClass: ResultClass;
  readonly agrees: boolean | null;
  readonly difference: number | undefined;
  readonly durationMs: number;
  readonly errorType: ErrorCode | undefined;
}

interface ShadowSide {
  readonly resultClass: ResultClass;
  readonly output: unknown;
  readonly durationMs: number;
  readonly errorType: ErrorCode | undefined;
}

/** One input for a shadow. The comparison is made when both sides have ended, in whichever order. */
export class ShadowJob implements Operation {
  readonly target: ShadowTarget;
  readonly input: unknown;
  readonly unit: string;
  readonly priority = 0;
  readonly repeatable = false;
  readonly hasAlternative = false;
  readonly parentId = undefined;
  readonly #report: (result: ShadowResult) => void;
  #served: ServedSide | undefined;
  #shadow: ShadowSide | undefined;

  constructor(target: ShadowTarget, input: unknown, unit: string, report: (result: ShadowResult) => void) {
    this.target = target;
    this.input = input;
    this.unit = unit;
    this.#report = report;
  }

  /** The served call has ended. */
  served(side: ServedSide): void {
    this.#served = side;
    this.#compareWhenBoth();
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
    this.#compareWhenBoth();
  }

  retrying(): void {}

  rescue(error: unknown, resultClass: FailureClass, _number: number, startedAt: number, now: number): undefined {
    const errorType = UnderstudyError.is(error) ? error.code : 'PREDICTOR_FAILED';
    this.#shadow = { resultClass, output: undefined, durationMs: now - startedAt, errorType };
    this.#compareWhenBoth();
  }

  #compareWhenBoth(): void {
    const served = this.#served;
    const shadow = this.#shadow;
    if (served === undefined || shadow === undefined) return;
    const comparison = this.#compare(served, shadow);
    this.#report({
      decisionId: served.decisionId,
      target: this.target,
      resultClass: shadow.resultClass,
      durationMs: shadow.durationMs,
      errorType: shadow.errorType,
      ...comparison,
    });
  }

  #compare(served: ServedSide, shadow: ShadowSide): { readonly agrees: boolean | null; readonly difference: number | undefined } {
    if (served.served === undefined || shadow.errorType !== undefined) return { agrees: null, difference: undefined };
    try {
      const { agrees, difference } = this.target.compare(served.served.output, shadow.output, this.input);
      return { agrees, difference };
    } catch {
      // A user's comparator that throws has compared nothing; the pair is reported, so that it is seen.
      return { agrees: null, difference: undefined };
    }
  }
}
