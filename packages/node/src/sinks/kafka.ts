import { type EventType, type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import {
  atOnce,
  callback,
  either,
  EVENT_TYPES,
  flag,
  list,
  oneOf,
  readOptions,
  required,
  safeCause,
  safeErrorText,
  systemClock,
  text,
  untilAborted,
  withMethods,
} from '@understudy/core/authoring';
import { timerMs } from '../timer-ms.ts';
import { within } from '../within.ts';
import { cloudEvent } from './cloud-event.ts';

/** A message as `@platformatic/kafka` takes it. */
export interface KafkaMessage {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Map<Buffer, Buffer>;
}

/** What is used of a `Producer` of `@platformatic/kafka` without serializers. Structural, so that these types do not need that package. */
export interface KafkaProducer {
  send(options: { messages: KafkaMessage[]; acks: number }): Promise<object>;
}

export interface KafkaOptions {
  /** It stays yours, and open. It must have no serializers: keys, values and headers are bytes. */
  readonly producer: KafkaProducer;
  /** The topic, or the topic of an event. */
  readonly topic: string | ((event: UnderstudyEvent) => string);
  /** Events of one key are in one partition, and so in order: those of a model, or of a decision and what becomes known of it. @defaultValue 'model' */
  readonly key?: 'model' | 'decision';
  /** @defaultValue every type */
  readonly types?: readonly EventType[];
  /** Whether input and output fields that `redact` allows are sent. @defaultValue false */
  readonly content?: boolean;
  /** Who must have a message before it counts: `all` replicas in sync, or the `leader`. @defaultValue 'all' */
  readonly acks?: 'all' | 'leader';
  /** How long the producer may take for one request, its own tries included, in milliseconds. @defaultValue 60000 */
  readonly timeoutMs?: number;
  /** @defaultValue 'kafka' */
  readonly name?: string;
}

/** An event and its topic. */
interface Homed {
  readonly event: UnderstudyEvent;
  readonly home: string;
}

const ACKS = { all: -1, leader: 1 } as const;
/** Kafka's name for a message that no broker will take: https://kafka.apache.org/protocol#protocol_error_codes */
const TOO_LARGE = new Set<unknown>(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/**
 * Sends events to Kafka through a producer of yours, a batch a request. The value is the event as JSON; the headers are CloudEvents
 * 1.0 in binary mode (`ce_id`, `ce_type`, `ce_source`, …). A batch counts as delivered when Kafka has acknowledged it, and comes
 * again as a whole otherwise: consumers drop repeats by `ce_id`. After an answer that the batch is too large it is sent in halves,
 * down to one event, which is refused alone.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`
 */
export function kafka(options: KafkaOptions): Sink<UnderstudyEvent> {
  const settings = readOptions('kafka', options, KINDS, {
    key: 'model',
    types: EVENT_TYPES,
    content: false,
    acks: 'all',
    timeoutMs: 60_000,
    name: 'kafka',
  });
  const { producer, topic, key, types, content, timeoutMs, name } = settings;
  const acks = ACKS[settings.acks];

  const topicOf = (event: UnderstudyEvent): unknown => {
    try {
      return typeof topic === 'string' ? topic : atOnce(topic(event));
    } catch {
      // Refused, as one whose topic is none.
      return undefined;
    }
  };
  const messageOf = ({ event, home }: Homed): KafkaMessage => ({
    topic: home,
    key: Buffer.from(key === 'model' ? event.model : 'decisionId' in event ? event.decisionId : event.id),
    value: Buffer.from(JSON.stringify(event)),
    headers: headersOf(event),
  });

  /** @returns ids of those that Kafka will never take */
  const send = async (events: readonly Homed[], signal: AbortSignal): Promise<readonly string[]> => {
    if (events.length === 0) return [];
    signal.throwIfAborted();
    try {
      const sent = within(systemClock, timeoutMs, 'producer.send', () =>
        producer.send({ messages: events.map(messageOf), acks }),
      );
      await untilAborted(signal, sent);
      return [];
    } catch (error) {
      signal.throwIfAborted();
      if (!isTooLarge(error)) throw failure(error);
      if (events.length === 1) return events.map(({ event }) => event.id);
    }
    const half = Math.ceil(events.length / 2);
    return [...(await send(events.slice(0, half), signal)), ...(await send(events.slice(half), signal))];
  };

  return {
    name,
    content,
    accepts: (type) => types.some((wanted) => wanted === type),
    write: async (batch, { signal }) => {
      const homed: Homed[] = [];
      const homeless: string[] = [];
      for (const event of batch) {
        const home = topicOf(event);
        if (typeof home === 'string' && home !== '') homed.push({ event, home });
        else homeless.push(event.id);
      }
      const refused = [...homeless, ...(await send(homed, signal))];
      if (refused.length === 0) return;
      throw new UnderstudyError(
        'SINK_FAILED',
        `Kafka takes ${refused.length} of the events never: they are too large, or have no topic.`,
        {
          details: { refused },
        },
      );
    },
  };
}

/** The binary mode of the Kafka binding of CloudEvents 1.0: attributes as headers, the event itself as the value. */
function headersOf(event: UnderstudyEvent): Map<Buffer, Buffer> {
  const { data: _data, datacontenttype, ...attributes } = cloudEvent(event);
  const headers = new Map([[Buffer.from('content-type'), Buffer.from(datacontenttype)]]);
  for (const [name, value] of Object.entries(attributes)) headers.set(Buffer.from(`ce_${name}`), Buffer.from(value));
  return headers;
}

/** Also as the first of the errors that an error of the producer holds. */
function isTooLarge(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false;
  if ('apiId' in error && TOO_LARGE.has(error.apiId)) return true;
  const inner: unknown = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error.cause;
  return isTooLarge(inner, depth + 1);
}

const failure = (error: unknown): UnderstudyError =>
  new UnderstudyError('SINK_FAILED', `Kafka did not take the events: ${safeErrorText(error)}.`, {
    cause: safeCause(error),
    retryable: true,
  });

const KINDS = {
  producer: required(withMethods('send')),
  topic: required(either(text, callback)),
  key: oneOf('model', 'decision'),
  types: list(oneOf(...EVENT_TYPES), 1),
  content: flag,
  acks: oneOf('all', 'leader'),
  timeoutMs: timerMs,
  name: text,
};
