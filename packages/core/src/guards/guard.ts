import type { ContractReads, MaybePromise } from '../types/index.ts';
import type { JudgeSettings } from './judged-call.ts';
import type { Finding, Recogniser } from './recogniser.ts';

/**
 * What becomes of a text in which a guard finds something. `block`: no model is asked, or none any more; rules and fixed outputs may serve, else the
 * call rejects with `GUARD_BLOCKED`. `redact`: the text goes on with what was found replaced. `fall-back`, of outputs alone: the next tier is
 * tried.
 */
export type GuardAction = 'block' | 'redact' | 'fall-back';
export type GuardSide = 'input' | 'output';

/** What a guard's own function is told of a text. */
export interface GuardContext {
  readonly model: string;
  readonly side: GuardSide;
  /** Where the text is, as `fields` name it; empty where the whole value is the text. */
  readonly field: string;
}

/** What all guards take. */
export interface GuardOptions {
  /** Names it in status, errors and events; two guards of one side need two names. @defaultValue its kind */
  readonly name?: string;
  /**
   * Fields whose texts are checked, with all that is inside of them: `note`, `messages.content`. Lists have no part in a name. A value that is
   * itself a text is always checked.
   * @defaultValue all of them
   */
  readonly fields?: readonly string[];
  /** What follows where the guard itself fails: `block`, as if it had found something, which a redaction cannot replace; or `pass`. @defaultValue 'block' */
  readonly onError?: 'block' | 'pass';
}

/** Checks a text: what was found in it, nothing where it may pass. */
export type TextCheck = (text: string, context: GuardContext) => MaybePromise<readonly Finding[]>;

/** How a guard works. */
export type GuardPart =
  /** Finds parts of texts, also of one that comes in chunks. `finds` is what errors say of it in place of the labels. */
  | { readonly of: 'parts'; readonly recognisers: readonly Recogniser[]; readonly check: TextCheck; readonly finds?: string }
  /** The length of texts. */
  | { readonly of: 'length'; readonly min: number; readonly max: number; readonly check: TextCheck }
  /** Whole texts. */
  | { readonly of: 'texts'; readonly check: TextCheck }
  /** The value as a whole: `false` where it may not pass. */
  | { readonly of: 'value'; readonly fits: (value: unknown) => MaybePromise<boolean> }
  /** Reads the call when it has been served, and reports. */
  | { readonly of: 'calls'; readonly judge: JudgeSettings };

/**
 * A check of inputs or outputs: `pii()`, `blocklist()`, `length()`, `matchesSchema()`, `guard()`, `judge()`.
 *
 * @typeParam R what it reads of a contract, as {@link ContractReads} names it
 */
export interface Guard<in R> {
  /** Unique on its side. */
  readonly name: string;
  /** `report`: it changes nothing. */
  readonly action: GuardAction | 'report';
  readonly onError: 'block' | 'pass';
  readonly fields: readonly string[] | undefined;
  readonly '~part': GuardPart;
  /** What runs guards; see `guard-runner.ts`. */
  readonly '~runner': unknown;
  /** No such value exists at run time. */
  readonly '~reads'?: (contract: R) => void;
}

/** A guard that fits every model. */
export interface ModelGuard extends Guard<ContractReads<unknown, unknown, unknown, never>> {}

/** Guards of a model. Those of a side run in order; each sees what those before it have redacted. */
export interface GuardLists<R> {
  /** Run after the input contract, before anything else of the call. */
  readonly input?: readonly Guard<R>[];
  /** Run on what variants answer, after the output contract; not on rules and fixed outputs. */
  readonly output?: readonly Guard<R>[];
}
