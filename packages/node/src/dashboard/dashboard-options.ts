import type { MaybePromise, Operator } from '@understudy/core';
import {
  callback,
  type Clock,
  flag,
  type Kinds,
  list,
  oneOf,
  readOptions,
  systemClock,
  withMethods,
} from '@understudy/core/authoring';
import type { ReviewQueue } from '@understudy/core/review';
import type { DecisionStore } from '../decisions/decision-store.ts';

/** Who looks at the dashboard, and what they may do there. */
export interface Viewer extends Operator {
  /**
   * `read`: everything is shown. `review`: cases of `reviews` are taken and answered too. `control`: commands as well. The runtime's own `authorize`
   * must allow each of them.
   */
  readonly may: 'read' | 'review' | 'control';
}

export interface DashboardOptions {
  /**
   * Says who makes a request, from its cookie or header, or from what the server's framework knows of it: `undefined` for somebody who
   * may not see anything. A `Response` is sent as it is: a redirect to your login. Leave the request's body alone. What it throws, and an
   * answer that takes over 5 s, closes the door with 503.
   * @defaultValue nobody may see anything, unless `open` is given
   */
  readonly authorize?: (request: Request, context: unknown) => MaybePromise<Viewer | Response | undefined>;
  /** Opens the dashboard to everybody who reaches it, to look and not to command. Not beside `authorize`. @defaultValue closed */
  readonly open?: 'read-only';
  /** Where decisions and events are looked up: one of the runtime's sinks. @defaultValue the newest 400 decisions of each model and 500 other events, in memory */
  readonly history?: DecisionStore;
  /** Shows fields of inputs and outputs that `redact` let into events, and messages that may hold some. @defaultValue false */
  readonly content?: boolean;
  /** Queues of cases that people decide: `reviewQueue()` of `@understudy/core/review`. Who may take a case sees all of it. @defaultValue none */
  readonly reviews?: readonly ReviewQueue[];
  /** Where time comes from, for tests. @defaultValue systemClock */
  readonly clock?: Clock;
}

const KINDS: Kinds<DashboardOptions> = {
  authorize: callback,
  open: oneOf('read-only'),
  history: withMethods('decision', 'decisions', 'events'),
  content: flag,
  reviews: list(withMethods('status', 'rights', 'read', 'list', 'take', 'renew', 'release', 'escalate', 'answer', 'assign')),
  clock: withMethods('now', 'wall', 'schedule', 'cancel'),
};

export type DashboardSettings = ReturnType<typeof readDashboardOptions>;

/** @throws UnderstudyError `CONFIGURATION_INVALID` with every problem and its path */
export const readDashboardOptions = (given: DashboardOptions) =>
  readOptions('dashboard', given, KINDS, { content: false, reviews: [], clock: systemClock }, ({ authorize, open, reviews }) => [
    [
      new Set(reviews.map(({ name }) => name)).size === reviews.length,
      'reviews',
      'a name of its own for each queue: the page finds them by it',
    ],
    [authorize === undefined || open === undefined, 'open', 'no `open` beside `authorize`, which decides alone'],
  ]);
