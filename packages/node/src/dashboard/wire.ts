import type { DecisionEvent, ModelStatus, OutcomeEvent, ShadowComparedEvent, UnderstudyEvent } from '@understudy/core';
import type { ReviewCase, ReviewQueueStatus, ReviewRights, ReviewTask } from '@understudy/core/review';

/** What the server and the page say to each other: types alone. */

/** Who looks, and what they may do. */
export interface ViewerView {
  /** `null` where the dashboard is open to everybody. */
  readonly id: string | null;
  readonly may: 'read' | 'review' | 'control';
}

/** Events that are no decisions, as the page keeps them. */
export type OtherEvent = Exclude<UnderstudyEvent, DecisionEvent>;

/** What was counted of a model's decisions since the dashboard began, exactly. */
export interface Spend {
  /** Calls that reported usage, and those of them whose price is not known. */
  readonly calls: number;
  readonly unpriced: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly costMicroUsd: number;
}

export interface ModelView {
  readonly status: ModelStatus;
  /** By the variant that was assigned. Absent where no call reported usage. */
  readonly spend?: Readonly<Record<string, Spend>>;
  /** Of the last minute, from every decision. */
  readonly recent: {
    readonly calls: number;
    readonly byTier: Readonly<Record<string, number>>;
    readonly failed: number;
    readonly seconds: number;
  };
}

/** `GET api/status` */
export interface StatusAnswer {
  /** Differs in each process: answers of several may be mixed behind a load balancer. */
  readonly process: string;
  readonly at: number;
  /** Since when events are counted. */
  readonly since: number;
  readonly application?: string;
  readonly environment?: string;
  readonly viewer: ViewerView;
  /** Whether decisions and events come from a store. */
  readonly history: boolean;
  readonly content: boolean;
  /** Names of the review queues; absent where there are none. */
  readonly reviews?: readonly string[];
  readonly models: readonly ModelView[];
}

/** Each second, `GET api/live` */
export interface LiveMessage {
  readonly process: string;
  readonly at: number;
  readonly models: readonly ModelView[];
  /** Of the model that was asked for: a sample of its decisions, and how many more there were. */
  readonly decisions: readonly DecisionEvent[];
  readonly skipped: number;
  /** Everything else that happened. */
  readonly events: readonly OtherEvent[];
  /** Number of samples so far: when it grows there is another point in the series. */
  readonly samples: number;
}

/** `GET api/series` */
export interface SeriesAnswer {
  readonly process: string;
  /** Milliseconds between points: it doubles when there is no room. */
  readonly everyMs: number;
  readonly at: readonly number[];
  /** By key: parts joined by `/`, each percent-encoded. `null` where there was no value. */
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
}

/** `GET api/decisions` and `GET api/events` */
export interface PageAnswer<T> {
  readonly from: 'history' | 'memory';
  readonly items: readonly T[];
  readonly next?: string;
  /** Why the store did not answer, where it did not. */
  readonly problem?: string;
}

/** `GET api/decision` */
export interface DecisionAnswer {
  readonly from: 'history' | 'memory';
  readonly decision: DecisionEvent | null;
  readonly outcomes: readonly OutcomeEvent[];
  readonly comparisons: readonly ShadowComparedEvent[];
  readonly problem?: string;
}

export const COMMANDS = [
  'pin',
  'unpin',
  'isolate',
  'readmit',
  'pause',
  'resume',
  'rollout-approve',
  'rollout-hold',
  'rollout-resume',
  'rollout-roll-back',
  'rollout-promote',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** `POST api/command` */
export interface CommandRequest {
  readonly model: string;
  readonly command: CommandName;
  readonly variant?: string;
  readonly reason: string;
  /** Version of the control document that the operator saw. */
  readonly version: number;
}

/** A review queue, and what the viewer may do with its cases. */
export interface ReviewQueueView {
  readonly name: string;
  /** `null`: it could not be asked. */
  readonly status: ReviewQueueStatus | null;
  readonly rights: ReviewRights;
}

/** `GET api/reviews` */
export interface ReviewsAnswer {
  readonly at: number;
  readonly queues: readonly ReviewQueueView[];
}

/** A case without its content. */
export interface ReviewBrief extends Pick<
  ReviewCase,
  | 'id'
  | 'model'
  | 'decisionId'
  | 'why'
  | 'blind'
  | 'priority'
  | 'createdAt'
  | 'dueAt'
  | 'needed'
  | 'escalated'
  | 'assigned'
  | 'state'
> {
  /** How many have answered it. */
  readonly answers: number;
  /** Who has it now, and until when. */
  readonly leases: readonly { readonly by: string; readonly until: number }[];
}

/** `GET api/cases` */
export interface ReviewCasesAnswer {
  readonly at: number;
  readonly cases: readonly ReviewBrief[];
  /** So many are left out to see the next ones; absent where these are all. */
  readonly next?: number;
}

/** `GET api/case` */
export interface ReviewCaseAnswer {
  readonly at: number;
  readonly found: ReviewBrief | null;
}

export const REVIEW_ACTIONS = ['take', 'renew', 'answer', 'release', 'escalate', 'assign'] as const;
export type ReviewAction = (typeof REVIEW_ACTIONS)[number];

/** `POST api/review` */
export interface ReviewCommand {
  readonly queue: string;
  readonly action: ReviewAction;
  /** The case; `take` without one takes the next. */
  readonly id?: string;
  /** What `take` answered; not for `take` and `assign`. */
  readonly token?: string;
  /** Of an answer: the model’s answer stands; else `output` says what it should be. */
  readonly agrees?: boolean;
  readonly output?: unknown;
  readonly reason?: string;
  /** To whom it is assigned; `null`: to everybody. */
  readonly to?: string | null;
}

/** What `POST api/review` answers: after `take` and `renew` the case that the viewer has; `null` where there is none for them. */
export interface ReviewTaskAnswer {
  readonly at: number;
  readonly task: ReviewTask | null;
}

export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string };
}
