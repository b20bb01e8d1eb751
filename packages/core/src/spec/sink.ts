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
}

/** Where events go. Delivery is at least once, in order within a lane; consumers drop repeats by `event.id`. */
export interface Sink<E extends EventBase = EventBase> {
  readonly name: string;
  /** Whether this sink wants an event of this type. @defaultValue every event */
  readonly accepts?: (type: E['type']) => boolean;
  /** Whether this sink wants allowed input and output fields on decision events. @defaultValue false */
  readonly content?: boolean;
  /** Delivers a batch. A rejection means that nothing of the batch was taken; an error with `retryAfterMs` in its details delays the next try. */
  readonly write: (batch: readonly E[], context: { readonly signal: AbortSignal }) => MaybePromise<void>;
  readonly flush?: () => MaybePromise<void>;
  readonly close?: () => MaybePromise<void>;
}
