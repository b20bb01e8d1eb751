import { type EventType, type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import {
  atOnce,
  callback,
  EVENT_TYPES,
  flag,
  list,
  oneOf,
  readOptions,
  safeCause,
  safeErrorText,
  text,
  untilAborted,
  withMethods,
} from '@understudy/core/authoring';
import { timerMs } from '../timer-ms.ts';
import { BatchProgress } from './batch-progress.ts';
import { cloudEvent } from './cloud-event.ts';
import { headerId } from './header-id.ts';
import { natsSubject, subjectPrefix } from './nats-subject.ts';

/** What is used of a JetStream client of `@nats-io/jetstream`. Structural, so that these types do not need that package. */
export interface NatsJetStream {
  publish(subject: string, payload: Uint8Array, options: { readonly msgID: string; readonly timeout: number }): Promise<object>;
}

/** A connection of `@nats-io/transport-node`, or of another transport. */
export interface NatsConnection {
  request(subject: string, payload?: Uint8Array): Promise<object>;
  isClosed(): boolean;
}

export interface NatsOptions {
  /** A JetStream client: `jetstream(connection)` of `@nats-io/jetstream`. Either this or `connection`. */
  readonly jetstream?: NatsJetStream;
  /** A connection; it stays yours, and open. `@nats-io/jetstream` is loaded for it at the first event. Either this or `jetstream`. */
  readonly connection?: NatsConnection;
  /** How subjects begin: `understudy` makes `understudy.claims.decision`. @defaultValue 'understudy' */
  readonly prefix?: string;
  /** The subject of an event, in place of prefix, model and type. An event without one that can be published to is refused. */
  readonly subject?: (event: UnderstudyEvent) => string;
  /** `events`: the event as JSON. `cloudevents`: CloudEvents 1.0 in its structured JSON. @defaultValue 'events' */
  readonly format?: 'events' | 'cloudevents';
  /** @defaultValue every type */
  readonly types?: readonly EventType[];
  /** Whether input and output fields that `redact` allows are sent. @defaultValue false */
  readonly content?: boolean;
  /** How long the server may take to acknowledge an event, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** @defaultValue 'nats' */
  readonly name?: string;
}

const FORMATS = { events: (event: UnderstudyEvent): unknown => event, cloudevents: cloudEvent };

/**
 * Publishes events to a stream of NATS JetStream, all of a batch at once. An event counts as delivered when the stream has
 * acknowledged it; what was not is published again. `Nats-Msg-Id` is the event's id, so that the stream drops repeats within its
 * duplicate window (2 minutes, if you set no other). An event that is too large for the server or the stream is refused alone.
 *
 * A stream must take the subjects: the sink makes none.
 *
 * @throws UnderstudyError When made: `CONFIGURATION_INVALID`. Deliveries fail with `SINK_FAILED`, or `PEER_MISSING` without
 * `@nats-io/jetstream`
 */
export function nats(options: NatsOptions): Sink<UnderstudyEvent> {
  const settings = readOptions('nats', options, KINDS, DEFAULTS, ({ jetstream, connection }) => [
    [(jetstream === undefined) !== (connection === undefined), 'jetstream', 'either a JetStream client or a connection'],
  ]);
  const { connection, prefix, subject, types, content, timeoutMs, name } = settings;
  const encode = FORMATS[settings.format];
  const progress = new BatchProgress();
  const encoder = new TextEncoder();
  let client = settings.jetstream;

  const publish = async (to: NatsJetStream, event: UnderstudyEvent): Promise<void> => {
    const payload = encoder.encode(JSON.stringify(encode(event)));
    const at = subject === undefined ? natsSubject(prefix, event) : subjectOf(subject, event);
    try {
      await to.publish(at, payload, {
        msgID: headerId(event.id),
        timeout: timeoutMs,
      });
    } catch (error) {
      throw failure(error, at);
    }
  };

  return {
    name,
    content,
    accepts: (type) => types.some((wanted) => wanted === type),
    write: async (batch, { signal }) => {
      signal.throwIfAborted();
      client ??= await jetstreamOf(connection);
      const to = client;
      const left = progress.left(batch);
      const results = await untilAborted(signal, Promise.allSettled(left.map((event) => publish(to, event))));
      let failed: Error | undefined;
      for (const [index, event] of left.entries()) {
        const result = results[index];
        if (result?.status === 'fulfilled') progress.arrived([event]);
        else if (UnderstudyError.is(result?.reason) && !result.reason.retryable) progress.refused([event], result.reason);
        else failed ??= result?.reason as Error;
      }
      if (failed !== undefined) throw progress.failed(failed);
      progress.end();
    },
  };
}

async function jetstreamOf(connection: NatsConnection | undefined): Promise<NatsJetStream> {
  try {
    const { jetstream } = await import('@nats-io/jetstream');
    return jetstream(connection as Parameters<typeof jetstream>[0]);
  } catch (cause) {
    const message = 'nats({ connection }) needs @nats-io/jetstream, which could not be loaded: npm install @nats-io/jetstream';
    throw new UnderstudyError('PEER_MISSING', message, { cause });
  }
}

/** Servers refuse empty tokens, and take wildcards for a mistake. */
function subjectOf(given: (event: UnderstudyEvent) => unknown, event: UnderstudyEvent): string {
  let subject: unknown;
  try {
    subject = atOnce(given(event));
  } catch (error) {
    // It would throw again: the event is refused alone.
    throw new UnderstudyError('SINK_FAILED', `nats({ subject }) threw: ${safeErrorText(error)}.`, { cause: safeCause(error) });
  }
  if (typeof subject === 'string' && /^[^\s.*>\0]+(\.[^\s.*>\0]+)*$/.test(subject) && subject.isWellFormed()) return subject;
  throw new UnderstudyError('SINK_FAILED', 'nats({ subject }) gave a subject that nobody can publish to.');
}

/** A stream that takes no message of this size: https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const TOO_LARGE = 10_054;

/** @param subject where it was published to: it names a model, and no content */
function failure(error: unknown, subject: string): UnderstudyError {
  // The client takes a subject that nobody answers on for a server without JetStream.
  if (error instanceof Error && error.name === 'JetStreamNotEnabled')
    return new UnderstudyError(
      'SINK_FAILED',
      `No stream takes the subject ${subject}: make one with subjects ['${subject.split('.', 1)[0]}.>'], or JetStream is off on the server.`,
      { cause: safeCause(error), retryable: true },
    );
  const isTooLarge =
    error instanceof Error && (error.name === 'InvalidArgumentError' || ('code' in error && error.code === TOO_LARGE));
  return new UnderstudyError('SINK_FAILED', `NATS did not take an event: ${safeErrorText(error)}.`, {
    cause: safeCause(error),
    retryable: !isTooLarge,
  });
}

const KINDS = {
  jetstream: withMethods('publish'),
  connection: withMethods('request', 'isClosed'),
  prefix: subjectPrefix,
  subject: callback,
  format: oneOf('events', 'cloudevents'),
  types: list(oneOf(...EVENT_TYPES), 1),
  content: flag,
  timeoutMs: timerMs,
  name: text,
};
const DEFAULTS = {
  prefix: 'understudy',
  format: 'events',
  types: EVENT_TYPES,
  content: false,
  timeoutMs: 10_000,
  name: 'nats',
} as const;
