import type { Sink, SinkFeed, UnderstudyEvent } from '@understudy/core';
import { EVENT_TYPES, readOptions, within } from '@understudy/core/authoring';
import { SinkConsent } from './consent.ts';
import { bodyWithin, type EventBody } from './event-body.ts';
import { freeKeepalive, KEEPALIVE_LIMIT } from './keepalive-budget.ts';
import { JSON_TYPE, POST_KINDS, type PostOptions, postTo, throwIfOffline } from './post-events.ts';

export interface BeaconOptions extends PostOptions {
  /** @defaultValue 'beacon' */
  readonly name?: string;
  /** Most bytes of our requests that are in flight at once, at most 65536: the page shares them. @defaultValue 60000 */
  readonly maxBytes?: number;
  /**
   * Headers of each request. A beacon cannot carry any: with headers the last events of a page go by `fetch` with `keepalive`.
   * @defaultValue only `content-type: application/json`
   */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Posts events from a page: with `fetch` and `keepalive`, and when the page is hidden or left, at once as a beacon. What the
 * browser's limit does not let through stays queued. Delivery is at least once: the other side drops repeats by `event.id`.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`
 */
export function beacon(options: BeaconOptions): Sink<UnderstudyEvent> {
  const settings = readOptions('beacon', options, KINDS, {
    name: 'beacon',
    maxBytes: 60_000,
    types: EVENT_TYPES,
    consent: 'granted',
    content: false,
  });
  const { name, maxBytes, content, types } = settings;
  const url = String(settings.url);
  const consent = new SinkConsent(settings.consent);
  const request = postTo(url, settings.headers, maxBytes);
  /** What has arrived of a batch whose rest is tried again. */
  const arrived = new WeakSet<UnderstudyEvent>();
  const isNew = (event: UnderstudyEvent): boolean => !arrived.has(event);
  /** What is left of the batch that is being delivered. */
  let unsent: readonly UnderstudyEvent[] = [];
  let feed: SinkFeed<UnderstudyEvent> | undefined;
  let unlisten: (() => void) | undefined;

  const post = async (body: EventBody, signal: AbortSignal | null, leaving = false): Promise<void> => {
    await request(body, signal, leaving);
    for (const event of body.events) arrived.add(event);
  };

  const write: Sink<UnderstudyEvent>['write'] = async (batch, { signal }) => {
    try {
      for (let rest = batch.filter(isNew); rest.length > 0; rest = rest.filter(isNew)) {
        await consent.granted(signal);
        throwIfOffline();
        // Half of the limit: a page that is left in the middle of this has the other half for what waits.
        const some = bodyWithin(rest, maxBytes / 2, maxBytes);
        // An event that is larger than the limit goes alone, without `keepalive`.
        const body = some.events.length > 0 ? some : bodyWithin(rest.slice(0, 1), Infinity, Infinity);
        unsent = rest.filter((event) => !body.events.includes(event));
        await post(body, signal);
      }
    } finally {
      unsent = [];
    }
  };

  /** Sends some of `events` at once; answers which. */
  const sendNow = (
    events: readonly UnderstudyEvent[],
  ): { readonly taken: readonly UnderstudyEvent[]; readonly delivered?: Promise<void> } => {
    const free = freeKeepalive(maxBytes);
    if (settings.headers === undefined) return { taken: beaconed(url, events, free, maxBytes) };
    const body = bodyWithin(events, free, maxBytes);
    return { taken: body.events, delivered: body.events.length === 0 ? Promise.resolve() : post(body, null, true) };
  };

  /** Sends what waits before the page may be gone: what is left of a batch that is being delivered, then what is queued. */
  const leave = (): void => {
    if (consent.state !== 'granted') return;
    const own = sendNow(unsent.filter(isNew));
    if (own.delivered === undefined) for (const event of own.taken) arrived.add(event);
    // Where this fails, the delivery under way sends them again.
    else own.delivered.catch(() => undefined);
    feed?.drain((waiting) => {
      const { taken, delivered } = sendNow(waiting.filter(isNew));
      return {
        taken: [...waiting.filter((event) => arrived.has(event)), ...taken],
        ...(delivered === undefined ? {} : { delivered }),
      };
    });
  };
  /** What waits is not for a consent that may come again. */
  const erase = (): void => {
    if (consent.state !== 'denied') return;
    feed?.drain((waiting) => ({ taken: waiting, delivered: consent.granted(AbortSignal.abort()) }));
  };
  const hidden = (): void => {
    if (document.visibilityState === 'hidden') leave();
  };

  return {
    name,
    content,
    accepts: (type) => types.includes(type),
    attach: (given) => {
      feed = given;
      unlisten = consent.listen(erase);
      // A worker has no page that is left.
      if (typeof document === 'undefined') return;
      document.addEventListener('visibilitychange', hidden);
      globalThis.addEventListener('pagehide', leave);
    },
    write,
    close: () => {
      unlisten?.();
      if (typeof document === 'undefined') return;
      document.removeEventListener('visibilitychange', hidden);
      globalThis.removeEventListener('pagehide', leave);
    },
  };
}

/** Sends a beacon with the first events; less of them while the browser refuses, which others may have brought to its limit. */
function beaconed(url: string, events: readonly UnderstudyEvent[], free: number, most: number): readonly UnderstudyEvent[] {
  let body = bodyWithin(events, free, most);
  while (body.events.length > 0 && !navigator.sendBeacon(url, new Blob([body.text], { type: JSON_TYPE }))) {
    body = bodyWithin(events, body.bytes / 2, most);
  }
  return body.events;
}

const KINDS = { ...POST_KINDS, maxBytes: within(1, KEEPALIVE_LIMIT) };
