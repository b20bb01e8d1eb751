import { type Sink, type SinkFeed, UnderstudyError, type UnderstudyEvent } from '@understudy/core';
import {
  flag,
  type Kind,
  kind,
  oneOf,
  readOptions,
  record,
  redactUrl,
  required,
  retryAfterMs,
  text,
  within,
} from '@understudy/core/authoring';
import { bodyWithin, type EventBody } from './event-body.ts';
import { freeKeepalive, holdKeepalive, KEEPALIVE_LIMIT } from './keepalive-budget.ts';

/** Whether the user has agreed: `pending` keeps events in memory, `denied` drops them and counts them, `granted` sends them. */
export type Consent = 'pending' | 'granted' | 'denied';

export interface BeaconOptions {
  /** Where events are posted to, as `{"events":[…]}`; without a user and a password, which everybody who reads the page could read. */
  readonly url: string | URL;
  /** @defaultValue 'beacon' */
  readonly name?: string;
  /** Most bytes of our requests that are in flight at once, at most 65536: the page shares them. @defaultValue 60000 */
  readonly maxBytes?: number;
  /** The consent that there is at the start; `setConsent` changes it. @defaultValue 'granted' */
  readonly consent?: Consent;
  /**
   * Headers of each request. A beacon cannot carry any: with headers the last events of a page go by `fetch` with `keepalive`.
   * @defaultValue only `content-type: application/json`
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether input and output fields that `redact` allows are sent. @defaultValue false */
  readonly content?: boolean;
}

export interface BeaconSink extends Sink<UnderstudyEvent> {
  readonly consent: Consent;
  readonly setConsent: (consent: Consent) => void;
}

const JSON_TYPE = 'application/json';

/**
 * Posts events from a page: with `fetch` and `keepalive`, and when the page is hidden or left, at once as a beacon. What the
 * browser's limit does not let through stays queued. Delivery is at least once: the other side drops repeats by `event.id`.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`; deliveries fail with `SINK_FAILED`
 */
export function beacon(options: BeaconOptions): BeaconSink {
  const settings = readOptions('beacon', options, KINDS, {
    name: 'beacon',
    maxBytes: 60_000,
    consent: 'granted',
    content: false,
  });
  const { name, maxBytes, content } = settings;
  const url = String(settings.url);
  const headers = new Headers(settings.headers);
  if (!headers.has('content-type')) headers.set('content-type', JSON_TYPE);
  /** What has arrived of a batch whose rest is tried again. */
  const arrived = new WeakSet<UnderstudyEvent>();
  let consent: Consent = settings.consent;
  let decision = Promise.withResolvers<void>();
  const isNew = (event: UnderstudyEvent): boolean => !arrived.has(event);
  /** What is left of the batch that is being delivered. */
  let unsent: readonly UnderstudyEvent[] = [];
  let feed: SinkFeed<UnderstudyEvent> | undefined;

  /** A page that stays can do without `keepalive`, where beacons and requests of others have used the browser's limit up. */
  const request = async (body: EventBody, signal: AbortSignal | null, leaving: boolean): Promise<Response> => {
    const send = (keepalive: boolean): Promise<Response> =>
      fetch(url, { method: 'POST', headers, body: body.text, keepalive, signal, redirect: 'manual' });
    if (body.bytes > freeKeepalive(maxBytes)) return send(false);
    try {
      return await holdKeepalive(body.bytes, () => send(true));
    } catch (error) {
      if (leaving || signal?.aborted === true) throw error;
      return send(false);
    }
  };

  const post = async (body: EventBody, signal: AbortSignal | null, leaving = false): Promise<void> => {
    const response = await request(body, signal, leaving);
    await response.body?.cancel().catch(() => undefined);
    if (!response.ok) throw notTaken(url, response);
    for (const event of body.events) arrived.add(event);
  };

  const consented = async (): Promise<void> => {
    if (consent === 'pending') return decision.promise.then(consented);
    if (consent === 'denied') throw new UnderstudyError('SINK_FAILED', 'The user has denied consent: the events are dropped.');
  };

  const write: BeaconSink['write'] = async (batch, { signal }) => {
    try {
      for (let rest = batch.filter(isNew); rest.length > 0; rest = rest.filter(isNew)) {
        await consented();
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
    if (consent !== 'granted') return;
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
  const hidden = (): void => {
    if (document.visibilityState === 'hidden') leave();
  };

  return {
    name,
    content,
    get consent() {
      return consent;
    },
    setConsent: (next) => {
      consent = next;
      decision.resolve();
      decision = Promise.withResolvers<void>();
    },
    attach: (given) => {
      feed = given;
      // A worker has no page that is left.
      if (typeof document === 'undefined') return;
      document.addEventListener('visibilitychange', hidden);
      globalThis.addEventListener('pagehide', leave);
    },
    write,
    close: () => {
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

/** 408, 429 and 5xx may pass. `Retry-After` is read where the server exposes it across origins. Where a redirect leads is not told to a page. */
function notTaken(url: string, { status, type, headers }: Response): UnderstudyError {
  const address = addressOf(url);
  if (type === 'opaqueredirect') {
    const text = `${address} redirects elsewhere, which is not followed. Give the address that takes the events.`;
    return new UnderstudyError('SINK_FAILED', text, { details: { status } });
  }
  const passes = status === 408 || status === 429 || status >= 500;
  const wait = passes ? retryAfterMs(headers, Date.now()) : undefined;
  return new UnderstudyError('SINK_FAILED', `${address} answered ${status}${passes ? '' : ': see what it expects'}.`, {
    retryable: passes,
    details: { status, ...(wait === undefined || wait === 0 ? {} : { retryAfterMs: wait }) },
  });
}

const PAGE = 'https://page.invalid';

/** A relative address is told by its path alone. */
function addressOf(url: string): string {
  const { origin, address } = redactUrl(url, PAGE);
  return origin === PAGE ? address.slice(PAGE.length) : address;
}

/** What was given is not repeated: it may hold a secret. */
const url: Kind = (value) => {
  const given = value instanceof URL ? value.href : value;
  if (typeof given !== 'string' || given === '' || !URL.canParse(given, PAGE)) return [{ path: '', message: 'expected a URL' }];
  const { username, password } = new URL(given, PAGE);
  return username + password === '' ? undefined : [{ path: '', message: 'expected a URL without user and password' }];
};

const KINDS = {
  url: required(url),
  name: text,
  maxBytes: within(1, KEEPALIVE_LIMIT),
  consent: oneOf('pending', 'granted', 'denied'),
  headers: record(kind((value) => typeof value === 'string', 'a text')),
  content: flag,
};
