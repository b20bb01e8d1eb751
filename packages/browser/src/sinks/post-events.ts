import { type EventType, UnderstudyError } from '@understudy/core';
import {
  EVENT_TYPES,
  flag,
  headerFields,
  type Kind,
  list,
  oneOf,
  type Problem,
  redactUrl,
  required,
  retryAfterMs,
  text,
} from '@understudy/core/authoring';
import { CONSENT, type Consent, type PurposeConsent } from './consent.ts';
import { freeKeepalive, holdKeepalive } from './keepalive-budget.ts';

/** What every sink that posts from a page is given. */
export interface PostOptions {
  /** Where events are posted to, as `{"events":[…]}`; without a user and a password, which everybody who reads the page could read. */
  readonly url: string | URL;
  readonly name?: string;
  /** The types of events that are posted. @defaultValue every type */
  readonly types?: readonly EventType[];
  /** The consent that the events need: what `pageConsent().of()` gives, or one that does not change. @defaultValue 'granted' */
  readonly consent?: Consent | PurposeConsent;
  /** Headers of each request. @defaultValue only `content-type: application/json` */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether input and output fields that `redact` allows are sent. @defaultValue false */
  readonly content?: boolean;
}

export const JSON_TYPE = 'application/json';

/** Text of so many bytes, to be posted. */
export interface Body {
  readonly text: string;
  readonly bytes: number;
}

/** Posts a body. @param leaving whether the page may be gone before there is an answer */
export type Post = (body: Body, signal: AbortSignal | null, leaving?: boolean) => Promise<void>;

/**
 * Posts to one address, with `keepalive` while `maxBytes` in all requests of the page allow it: a page that stays can do without,
 * where beacons and requests of others have used the browser's limit up. Rejects with `SINK_FAILED` where the other side has not
 * taken the body; with what `fetch` throws where it was not reached.
 */
export function postTo(url: string, given: PostOptions['headers'], maxBytes: number): Post {
  const headers = new Headers(given);
  if (!headers.has('content-type')) headers.set('content-type', JSON_TYPE);
  const request = async ({ text: body, bytes }: Body, signal: AbortSignal | null, leaving: boolean): Promise<Response> => {
    const send = (keepalive: boolean): Promise<Response> =>
      fetch(url, { method: 'POST', headers, body, keepalive, signal, redirect: 'manual' });
    if (bytes > freeKeepalive(maxBytes)) return send(false);
    try {
      return await holdKeepalive(bytes, () => send(true));
    } catch (error) {
      if (leaving || signal?.aborted === true) throw error;
      return send(false);
    }
  };
  return async (body, signal, leaving = false) => {
    const response = await request(body, signal, leaving);
    await response.body?.cancel().catch(() => undefined);
    if (!response.ok) throw notTaken(url, response);
  };
}

/** 408, 429 and 5xx may pass. `Retry-After` is read where the server exposes it across origins. Where a redirect leads is not told to a page. */
function notTaken(url: string, { status, type, headers }: Response): UnderstudyError {
  const address = addressOf(url);
  if (type === 'opaqueredirect') {
    const message = `${address} redirects elsewhere, which is not followed. Give the address that takes the events.`;
    return new UnderstudyError('SINK_FAILED', message, { details: { status } });
  }
  const passes = status === 408 || status === 429 || status >= 500;
  const wait = passes ? retryAfterMs(headers, Date.now()) : undefined;
  return new UnderstudyError('SINK_FAILED', `${address} answered ${status}${passes ? '' : ': see what it expects'}.`, {
    retryable: passes,
    details: { status, ...(wait === undefined || wait === 0 ? {} : { retryAfterMs: wait }) },
  });
}

/** Whether the browser says that there is no network. Only `false` is believed: some say nothing, and `true` promises nothing. */
export const isOffline = (): boolean => (navigator.onLine as unknown) === false;

/** Tries nothing that must fail. @throws UnderstudyError `SINK_FAILED`, for another time, while the page is offline */
export function throwIfOffline(): void {
  if (isOffline()) throw new UnderstudyError('SINK_FAILED', 'The page is offline.', { retryable: true });
}

const PAGE = 'https://page.invalid';

/** A relative address is told by its path alone. */
export function addressOf(url: string): string {
  const { origin, address } = redactUrl(url, PAGE);
  return origin === PAGE ? address.slice(PAGE.length) : address;
}

const EXPECTED = 'an http or https address, or a path';

/** A text that was given is not repeated: it may hold a secret. */
const address: Kind = (value) => {
  const given = value instanceof URL ? value.href : value;
  if (typeof given !== 'string' || given === '') return EXPECTED;
  const refused = (got: string): readonly Problem[] => [{ path: '', message: `expected ${EXPECTED}, got ${got}` }];
  if (!URL.canParse(given, PAGE)) return refused('a text that is none');
  const { protocol, username, password } = new URL(given, PAGE);
  if (protocol !== 'https:' && protocol !== 'http:') return refused(`one that begins with ${protocol.slice(0, 20)}`);
  return username + password === '' ? undefined : [{ path: '', message: 'expected a URL without user and password' }];
};

export const POST_KINDS = {
  url: required(address),
  name: text,
  types: list(oneOf(...EVENT_TYPES), 1),
  consent: CONSENT,
  headers: headerFields,
  content: flag,
};
