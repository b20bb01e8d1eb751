import type { MaybePromise, OutcomeResult } from '@understudy/core';
import type { FeedbackMessages } from './feedback-messages.ts';

/** What a person said of a decision, as `recordOutcome` takes it. */
export type FeedbackOutcome<O = unknown> =
  | { readonly feedback: { readonly agree: boolean } }
  | { readonly override: { readonly output: O; readonly by: string; readonly reason: string } };

/** One output that a person may choose in place of the model's. */
export interface FeedbackChoice {
  /** The output, as the contract of the model has it. */
  readonly value: unknown;
  readonly label: string;
}

/**
 * Takes an outcome to where it counts: `model.recordOutcome.bind(model)`, or a function that posts it to your server. `reason` is that of a
 * disagreement, where one was asked for. An answer that is neither an `OutcomeResult` nor nothing, such as a `Response`, is a failure.
 */
export type FeedbackRecorder = (
  decision: string,
  // `never` is an output of any model.
  outcome: FeedbackOutcome<never>,
  reason: string | undefined,
) => MaybePromise<OutcomeResult | void>;

/** Properties of `<understudy-feedback>`. The first four are attributes too. */
export interface FeedbackProperties {
  /** The id of the decision; another one begins anew. Nothing is shown without one. @defaultValue '' */
  decision: string;
  /** Who answers, in 1 to 1,000 characters: `override.by`. Corrections are offered only where it is known. @defaultValue '' */
  by: string;
  /** Whether a correction is entered as a `text` or as a `number`, where there are no `choices`. @defaultValue null, not at all */
  type: 'text' | 'number' | null;
  /** As an attribute `ask-reason`: whether who disagrees is asked why; `optional` or `required`. @defaultValue null, not asked */
  askReason: 'optional' | 'required' | null;
  /** The outputs to choose from in a correction. @defaultValue [] */
  choices: readonly FeedbackChoice[];
  /** Makes an output of what was entered, such as `(risk) => ({ risk })`; a throw, or a promise, says that it does not fit. @defaultValue null, as it is entered */
  toOutput: ((entered: string | number) => unknown) | null;
  /** Takes the outcome to where it counts. @defaultValue null: your listener for `understudy-feedback` does */
  record: FeedbackRecorder | null;
  /** How long `record` may take, in milliseconds: over 0. @defaultValue 15000 */
  timeoutMs: number;
  /** Texts of your own, in place of the English ones. @defaultValue {} */
  messages: Partial<FeedbackMessages>;
}

/** `<understudy-feedback>`: asks a person whether they agree with a decision. */
export interface FeedbackElement extends HTMLElement, FeedbackProperties {}

export interface FeedbackDetail {
  readonly decision: string;
  readonly outcome: FeedbackOutcome;
  /** Why somebody disagrees, where they were asked: an outcome has no place for it. */
  readonly reason?: string;
}

/** Events of `<understudy-feedback>`: they bubble, and leave shadow roots. */
export interface FeedbackEvents {
  /** A person has answered. `preventDefault()` leaves the element as it is, and nothing is recorded. */
  'understudy-feedback': CustomEvent<FeedbackDetail>;
  /** `record` has answered. */
  'understudy-feedback-recorded': CustomEvent<FeedbackDetail & { readonly result: OutcomeResult | undefined }>;
  /** `record` has failed, or gave no answer in time. The person can try again. */
  'understudy-feedback-failed': CustomEvent<FeedbackDetail & { readonly error: unknown }>;
}

declare global {
  interface HTMLElementTagNameMap {
    'understudy-feedback': FeedbackElement;
  }
  // Every target that an event bubbles to.
  interface GlobalEventHandlersEventMap extends FeedbackEvents {}
}
