import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { type EventType, type Sink, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import {
  callback,
  count,
  EVENT_TYPES,
  flag,
  headerFields,
  list,
  oneOf,
  readOptions,
  required,
  text,
} from '@understudy/core/authoring';
import { timerMs } from '../timer-ms.ts';
import { BatchProgress, isFinal } from './batch-progress.ts';
import { cloudEvent } from './cloud-event.ts';
import { headerId } from './header-id.ts';
import { httpPost } from './http-post.ts';
import { webAddress } from './secret-options.ts';
import { keyOf, signatureHeaders, signingSecret } from './standard-webhooks.ts';

export interface HttpOptions {
  /** Where batches are posted to: `https:`, or `http:`. */
  readonly url: string | URL;
  /** `events`: `{"events":[…]}`, as `beacon()` sends them. `cloudevents`: a batch of CloudEvents 1.0 in JSON. @defaultValue 'events' */
  readonly format?: 'events' | 'cloudevents';
  /** @defaultValue every type */
  readonly types?: readonly EventType[];
  /** Whether input and output fields that `redact` allows are sent. @defaultValue false */
  readonly content?: boolean;
  /** Most events of one request. @defaultValue `sinkQueue.batchSize` */
  readonly batchSize?: number;
  /** Whether bodies over 1,024 bytes are sent as gzip. After a 415 they are not, without any change of yours. @defaultValue true */
  readonly gzip?: boolean;
  /** Signs the bytes that are sent, as `webhook()` does: `whsec_` and base64, or bytes; 24 at least. @defaultValue no signature */
  readonly secret?: string | Uint8Array;
  /** @defaultValue 'http' */
  readonly name?: string;
  /** More headers, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long one request may take, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** Milliseconds since the Unix epoch, for the signed time and a `Retry-After` that is a date. @defaultValue Date.now */
  readonly now?: () => number;
  /** @defaultValue globalThis.fetch */
  readonly fetch?: typeof fetch;
}

const GZIP_OVER_BYTES = 1024;
const gzipped = promisify(gzipCallback);

const FORMATS = {
  events: { contentType: 'application/json', bodyOf: (events: readonly UnderstudyEvent[]): unknown => ({ events }) },
  cloudevents: {
    contentType: 'application/cloudevents-batch+json',
    bodyOf: (events: readonly UnderstudyEvent[]): unknown => events.map(cloudEvent),
  },
} as const;

/**
 * Posts batches of events. `Idempotency-Key` is the same for the same events: receivers drop repeated requests by it, and repeated
 * events by their ids. What fails is tried again by the queue in front of the sink, after `Retry-After` where the receiver says so.
 * After a 413 a batch is sent in halves, down to one event. A 3xx, and a 4xx other than 408, 413, 425 and 429, gives the events of
 * that request up.
 *
 * Only origin and path of the address are ever told; a user and password in it are sent as an authorization.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`
 */
export function http(options: HttpOptions): Sink<UnderstudyEvent> {
  const settings = readOptions('http', options, KINDS, {
    format: 'events',
    types: EVENT_TYPES,
    content: false,
    gzip: true,
    name: 'http',
    timeoutMs: 10_000,
    now: Date.now,
  });
  const { types, content, batchSize, secret, name, now } = settings;
  const { contentType, bodyOf } = FORMATS[settings.format];
  const key = secret === undefined ? undefined : keyOf(secret);
  const post = httpPost({ ...settings, told: 'address' });
  const progress = new BatchProgress();
  let takesGzip = settings.gzip;

  async function send(events: readonly UnderstudyEvent[], signal: AbortSignal): Promise<void> {
    const json = Buffer.from(JSON.stringify(bodyOf(events)));
    const id = idempotencyKey(events, json);
    const isZipped = takesGzip && json.length > GZIP_OVER_BYTES;
    const body = new Uint8Array(isZipped ? await gzipped(json) : json);
    const headers = {
      'content-type': contentType,
      'idempotency-key': id,
      ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
      ...(key === undefined ? {} : signatureHeaders(key, id, body, now())),
    };
    try {
      await post(body, headers, signal);
    } catch (error) {
      if (!isZipped || statusOf(error) !== 415) throw error;
      takesGzip = false;
      await send(events, signal);
    }
  }

  return {
    name,
    content,
    ...(batchSize === undefined ? {} : { batchSize }),
    accepts: (type) => types.some((wanted) => wanted === type),
    write: async (batch, { signal }) => {
      let left = progress.left(batch);
      let most = left.length;
      while (left.length > 0) {
        const part = left.slice(0, most);
        try {
          await send(part, signal);
          progress.arrived(part);
        } catch (error) {
          if (!isFinal(error)) throw progress.failed(error);
          if (statusOf(error) === 413 && part.length > 1) {
            most = Math.ceil(part.length / 2);
            continue;
          }
          progress.refused(part, error);
        }
        left = left.slice(part.length);
        // One event that is too big does not make all later requests small.
        most = part.length * 2;
      }
      progress.end();
    },
  };
}

const statusOf = (error: unknown): number | undefined => (UnderstudyError.is(error) ? error.details.status : undefined);

/** The id of the first event, as a header may hold it, and a digest of all. */
function idempotencyKey([first]: readonly UnderstudyEvent[], json: Buffer): string {
  return `${headerId(first?.id ?? '')}-${createHash('sha256').update(json).digest('hex').slice(0, 32)}`;
}

const KINDS = {
  url: required(webAddress('address')),
  format: oneOf('events', 'cloudevents'),
  types: list(oneOf(...EVENT_TYPES), 1),
  content: flag,
  batchSize: count,
  gzip: flag,
  secret: signingSecret,
  name: text,
  headers: headerFields,
  timeoutMs: timerMs,
  now: callback,
  fetch: callback,
};
