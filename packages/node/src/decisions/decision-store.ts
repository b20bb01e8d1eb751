import type { DecisionEvent, EventType, OutcomeEvent, ShadowComparedEvent, Sink, UnderstudyEvent } from '@understudy/core';

/** Which decisions: all conditions that are given hold at once. */
export interface DecisionQuery {
  readonly model?: string;
  /** From this moment on, in milliseconds since the Unix epoch. */
  readonly from?: number;
  /** Before this moment, in milliseconds since the Unix epoch. */
  readonly to?: number;
  readonly outcome?: DecisionEvent['outcome'];
  readonly tier?: DecisionEvent['tier'];
  /** The variant or tier that served. */
  readonly servedBy?: string;
  /** The variant that was assigned. */
  readonly assigned?: string;
  /** `unitHash` of the decisions. */
  readonly unit?: string;
  /** Values of the segments that the store was made with, such as `{ 'input.region': 'north' }`. */
  readonly segment?: Readonly<Record<string, string>>;
  /** Most decisions of one page, 1–1,000. @defaultValue 100 */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** Which events that are no decisions, such as an audit trail. */
export interface EventQuery {
  readonly model?: string;
  readonly types?: readonly EventType[];
  readonly from?: number;
  readonly to?: number;
  /** @defaultValue 100 */
  readonly limit?: number;
  readonly after?: string;
}

/** One page, the newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  /** For `after` of the next page; absent on the last one. */
  readonly next?: string;
}

/** A decision and what became known of it. */
export interface DecisionHistory {
  readonly decision: DecisionEvent;
  readonly outcomes: readonly OutcomeEvent[];
  readonly comparisons: readonly ShadowComparedEvent[];
}

/**
 * Keeps events where they can be asked for. A sink: `createUnderstudy({ sinks: [store] })`.
 *
 * Questions reject with `INPUT_INVALID` for one that makes no sense, `STORE_UNAVAILABLE` and `CLOSED`.
 */
export interface DecisionStore extends Sink<UnderstudyEvent> {
  /** `undefined` for an id that the store does not hold. */
  decision(id: string): Promise<DecisionHistory | undefined>;
  decisions(query?: DecisionQuery): Promise<Page<DecisionEvent>>;
  /** Everything else: outcomes, comparisons, commands, transitions, breaches, alerts. */
  events(query?: EventQuery): Promise<Page<UnderstudyEvent>>;
  /**
   * Deletes all decisions of a unit, with what became known of them. Those that still wait in a queue come afterwards.
   *
   * @param unitHash as events have it
   * @returns how many decisions were deleted
   */
  eraseUnit(unitHash: string): Promise<number>;
  /** Deletes all that is too old by now. The store does so by itself, some seconds after each write. */
  sweep(): Promise<void>;
  /** Ends the connections that the store has opened. */
  close(): Promise<void>;
}

/** What every decision store can be told. */
export interface DecisionStoreOptions {
  /** The name of the sink, in `status().sinks`. @defaultValue 'postgres-decisions' or 'sqlite-decisions' */
  readonly name?: string;
  /** Whether input and output fields that `redact` allows are kept. @defaultValue false */
  readonly content?: boolean;
  /**
   * What decisions can be asked for by value: `tenant`, and paths of allowed fields such as `input.region`, which need `content`.
   * Each costs a row a decision. A new one holds for the decisions that come from then on.
   * @defaultValue none
   */
  readonly segments?: readonly string[];
  /** Events that are older are deleted, in milliseconds. @defaultValue Infinity */
  readonly retainMs?: number;
  /** About how many decisions are kept, the newest ones; what is known of the others goes with them. @defaultValue Infinity */
  readonly maxRows?: number;
}
