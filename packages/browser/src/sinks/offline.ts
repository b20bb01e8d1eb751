import { type Sink, type SinkFeed, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import { count, EVENT_TYPES, laneOf, ms, readOptions, safeErrorText, untilAborted } from '@understudy/core/authoring';
import { SinkConsent } from './consent.ts';
import { bodyOf } from './event-body.ts';
import { OfflineSender } from './offline-sender.ts';
import { type KeptEvents, LANES, OfflineStore, type OfflineTotals, partOf } from './offline-store.ts';
import { holdName, otherAddress } from './queue-names.ts';
import { addressOf, POST_KINDS, type PostOptions, postTo, throwIfOffline } from './post-events.ts';

export interface OfflineQueueOptions extends PostOptions {
  /** Names the database too: queues for different purposes need different names. @defaultValue 'offline-queue' */
  readonly name?: string;
  /** Most events that are kept, over all tabs. @defaultValue 10000 */
  readonly maxEvents?: number;
  /** Most bytes of them, over all tabs. @defaultValue 10485760, which is 10 MiB */
  readonly maxBytes?: number;
  /** How long an event is kept, in milliseconds. @defaultValue 604800000, which is 7 days */
  readonly maxAgeMs?: number;
}

export interface OfflineQueueStatus extends OfflineTotals {
  /** What the last failure was, of the other side or of the browser's database. Absent again when nothing is left to send. */
  readonly lastError?: string;
}

export interface OfflineQueue extends Sink<UnderstudyEvent> {
  /** What is kept, over all tabs, and what was given up, by `reason/lane`. Rejects where the browser lets nothing be kept. */
  readonly status: () => Promise<OfflineQueueStatus>;
  /** Sends what is kept, in this tab or by another that is sending. Rejects where something is left: for the `sync` event of a service worker. */
  readonly send: () => Promise<void>;
}

/** Bytes of the events of one part: a request takes one at least. */
const PART_BYTES = 30_000;
/** A database that does not answer for so long is not there. */
const ANSWER_MS = 10_000;

/**
 * Keeps events in IndexedDB and posts them as `beacon()` does, when there is a network: across reloads, crashes and tabs. One tab
 * sends at a time. Delivery is at least once: the other side drops repeats by `event.id`. Where the browser lets nothing be kept,
 * events are posted at once, and wait in memory.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`, also where an open queue of this page has the name and posts to another address
 */
export function offlineQueue(options: OfflineQueueOptions): OfflineQueue {
  const defaults = {
    name: 'offline-queue',
    types: EVENT_TYPES,
    consent: 'granted',
    content: false,
    maxEvents: 10_000,
    maxBytes: 10 * 1024 * 1024,
    maxAgeMs: 7 * 24 * 3_600_000,
  } as const;
  const settings = readOptions('offlineQueue', options, KINDS, defaults, (given) => {
    const other = otherAddress(given.name, given.url);
    return [
      [
        other === undefined,
        'name',
        `a name of its own: another queue of this page has it, and posts to ${addressOf(other ?? '')}`,
      ],
    ];
  });
  const { name, content, types } = settings;
  const database = `understudy-${name}`;
  const freeName = holdName(name, String(settings.url));
  const consent = new SinkConsent(settings.consent);
  const post = postTo(String(settings.url), settings.headers, 60_000);
  const store = new OfflineStore(database, settings);
  const sender = new OfflineSender(database, store, post, consent);
  let isClosed = false;
  let storeError: string | undefined;
  let feed: SinkFeed<UnderstudyEvent> | undefined;

  /** Keeps events; where that cannot be done, posts them. */
  const keep = async (events: readonly UnderstudyEvent[], signal: AbortSignal | null): Promise<void> => {
    const parts = partsOf(events, Date.now());
    try {
      await inTime(store.add(parts).catch((error: unknown) => addToFullDisk(store, parts, error)));
    } catch (error) {
      storeError = safeErrorText(error);
      if (consent.state === 'denied') throw error;
      throwIfOffline();
      for (const part of parts) await post(bodyOf([part]), signal);
      return;
    }
    storeError = undefined;
    sender.soon();
  };

  const changed = (): void => {
    if (consent.state === 'granted') return sender.soon();
    if (consent.state !== 'denied') return;
    sender.stop();
    feed?.drain((waiting) => ({ taken: waiting, delivered: consent.granted(AbortSignal.abort()) }));
    store.erase().catch(failed);
  };
  const failed = (error: unknown): void => {
    storeError = safeErrorText(error);
  };
  /** What waits in memory goes to disk: the page may be gone at once. */
  const hidden = (): void => {
    if (document.visibilityState !== 'hidden' || consent.state !== 'granted') return;
    feed?.drain((waiting) => ({ taken: waiting, delivered: keep(waiting, null) }));
  };
  const unlisten = [
    consent.listen(changed),
    ...(typeof document === 'undefined'
      ? []
      : [
          listenTo(document, 'visibilitychange', hidden),
          listenTo(document, 'freeze', sender.leave),
          listenTo(document, 'resume', sender.back),
          listenTo(globalThis, 'pagehide', sender.leave),
          listenTo(globalThis, 'pageshow', sender.back),
        ]),
    // Workers are told too; a server is not.
    ...(typeof addEventListener === 'undefined' ? [] : [listenTo(globalThis, 'online', sender.online)]),
  ];
  // What an earlier page has left.
  if (typeof document !== 'undefined') changed();

  return {
    name,
    content,
    // Nothing is gained by waiting for more: each write is one transaction of what has come.
    flushMs: 0,
    accepts: (type) => types.includes(type),
    attach: (given) => {
      feed = given;
    },
    write: async (batch, { signal }) => {
      if (isClosed) throw new UnderstudyError('CLOSED', 'The offline queue was closed and takes no more events.');
      await consent.granted(signal);
      await keep(batch, signal);
    },
    send: () => sender.send(),
    status: async () => {
      const lastError = storeError ?? sender.lastError;
      return { ...(await store.totals()), ...(lastError === undefined ? {} : { lastError }) };
    },
    close: async () => {
      isClosed = true;
      for (const end of unlisten) end();
      // What cannot be sent now is for the next page.
      await sender.sendIfFree().catch(failed);
      sender.leave();
      sender.stop();
      store.close();
      freeName();
    },
  };
}

function listenTo(target: EventTarget, type: string, listener: () => void): () => void {
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
}

/** Once more with less of what was kept before, where the browser has no more room. */
async function addToFullDisk(store: OfflineStore, parts: readonly KeptEvents[], error: unknown): Promise<void> {
  if (!(error instanceof Error) || error.name !== 'QuotaExceededError') throw error;
  await store.halve();
  await store.add(parts);
}

async function inTime(work: Promise<void>): Promise<void> {
  const late = AbortSignal.timeout(ANSWER_MS);
  await untilAborted(late, work);
}

/** Events in their order, so many of one lane together that a request holds them. */
function partsOf(events: readonly UnderstudyEvent[], at: number): readonly KeptEvents[] {
  const parts: KeptEvents[] = [];
  let texts: string[] = [];
  let length = 0;
  let lane = 0;
  const end = (): void => {
    if (texts.length > 0) parts.push({ ...partOf(texts), at, lane });
    texts = [];
    length = 0;
  };
  for (const event of events) {
    const text = JSON.stringify(event);
    const own = LANES.indexOf(laneOf(event));
    if (own !== lane || length + text.length > PART_BYTES) end();
    texts.push(text);
    length += text.length;
    lane = own;
  }
  end();
  return parts;
}

const KINDS = { ...POST_KINDS, maxEvents: count, maxBytes: count, maxAgeMs: ms };
