import type { MaybePromise } from './schema.ts';

/** The part of an event that every sink can rely on. */
export interface EventBase {
  /** Version of the event's format. */
  readonly v: 1;
  readonly type: string;
  /** Unique per event: consumers drop repeats by it. */
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly model: string;
  /** The names that `createUnderstudy` was given; absent where it was given none. */
  readonly application?: string;
  readonly environment?: string;
}

/** What a sink can ask of the queue in front of it. */
export interface SinkFeed<E extends EventBase = EventBase> {
  /**
   * Offers all that waits, the most important lane and the oldest first, at once and synchronously: for a page that is going
   * away. `take` says what it has taken, with a promise where it learns later whether that arrived; what it leaves goes on
   * waiting.
   */
  drain(take: (waiting: readonly E[]) => { readonly taken: readonly E[]; readonly delivered?: Promise<unknown> }): void;
  /** What the runtime's `status().models` says at this moment, for gauges. Absent where the queue stands alone. */
  models?(): readonly object[];
  /** What `status().sinks` says at this moment: this sink and all others. Absent where the queue stands alone. */
  sinks?(): readonly { readonly name: string; readonly unacknowledged?: number }[];
  /** The names that the runtime was given, for metrics that come of no event. */
  readonly origin?: { readonly application?: string; readonly environment?: string };
}

/** Where events go. Delivery is at least once, in order within a lane; consumers drop repeats by `event.id`. */
export interface Sink<E extends EventBase = EventBase> {
  readonly name: string;
  /** Whether this sink wants an event of this type; asked once a type. @defaultValue every event */
  readonly accepts?: (type: E['type']) => boolean;
  /** Whether this sink wants allowed input and output fields on decision events. @defaultValue false */
  readonly content?: boolean;
  /** Whether this sink gets the decisions that `sampling` leaves out, too: their `weight` is 0. @defaultValue false */
  readonly unsampled?: boolean;
  /** Most events of one write, where that is less than the queue gives: 1 for a sink whose events fail one by one. @defaultValue `sinkQueue.batchSize` */
  readonly batchSize?: number;
  /** How long an event waits for others before they are written together, in milliseconds, where that is not what the queue gives. `flush()` and `close()` do not wait. @defaultValue `sinkQueue.flushMs` */
  readonly flushMs?: number;
  /**
   * How long a delivery that fails is tried again, in milliseconds after its first try, where `sinkQueue.attempts` are used up sooner: for
   * events that matter also after a long outage. What comes meanwhile waits, within the bounds of the queue. @defaultValue 0
   */
  readonly retryMs?: number;
  /** Called before the first event is queued, with the queue in front of this sink. */
  readonly attach?: (feed: SinkFeed<E>) => void;
  /** Called with each event when it is queued, in the async context of its call, for what can only be read there. Keep it short. */
  readonly queued?: (event: E) => void;
  /**
   * Delivers a batch, whose events can all be written as JSON: one that cannot (a bigint, a cycle, a getter that throws) was refused
   * and counted before. A rejection means that nothing of the batch was taken, and it is tried again: after
   * `details.retryAfterMs`, where the error has it and it is longer than the queue's own pause. An `UnderstudyError` that has none and is not `retryable` gives the batch up at once.
   * Where its `details.refused` lists ids of events, those alone are given up, and all others of the batch were taken. Where its
   * `details.arrived` lists ids, those were taken, and the others alone are tried again or given up.
   * The signal aborts at `close()`: a write that hangs holds up its sink, so give it a time limit of its own.
   */
  readonly write: (batch: readonly E[], context: { readonly signal: AbortSignal }) => MaybePromise<void>;
  /**
   * Keeps a decision before `predict` hands it out: resolves when it is kept. The decision is then not written again. Where this
   * throws or rejects, the event waits in the queue like any other, and the call is served all the same; the call waits no longer
   * than its own deadline. A stream hands out its chunks as they come: its `decision` waits. @defaultValue no call waits for a sink
   */
  readonly acknowledge?: (event: E) => MaybePromise<void>;
  readonly flush?: () => MaybePromise<void>;
  readonly close?: () => MaybePromise<void>;
}
