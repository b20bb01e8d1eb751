import { channel } from 'node:diagnostics_channel';
import type { Understudy } from '@understudy/core';

/** The channel of `node:diagnostics_channel` that decisions are published on. */
export const DECISION_CHANNEL = 'understudy:decision';

/**
 * Publishes the decisions of a runtime or of a model on the channel `understudy:decision`, for monitoring agents that know
 * nothing of this library. A message is the decision event; it is published in the async context of its call. Without a
 * subscriber it costs the event alone.
 *
 * Node takes what a subscriber throws for an uncaught exception of the process.
 *
 * @returns what ends it
 */
export function publishDecisions(source: Pick<Understudy, 'on'>): () => void {
  const decisions = channel(DECISION_CHANNEL);
  return source.on('decision', (event) => {
    if (decisions.hasSubscribers) decisions.publish(event);
  });
}
