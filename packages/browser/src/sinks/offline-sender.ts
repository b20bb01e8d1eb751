import { UnderstudyError } from '@understudy/core';
import { safeErrorText, untilAborted } from '@understudy/core/authoring';
import type { SinkConsent } from './consent.ts';
import { bodyOf } from './event-body.ts';
import type { OfflineStore } from './offline-store.ts';
import type { Post } from './post-events.ts';

/** Bytes of one request: with `keepalive` it goes on when the page is left. */
const REQUEST_BYTES = 60_000;
/** A request that has no answer after this time has failed. */
const REQUEST_MS = 30_000;
/** How long a tab is the only sender without telling so again, where there are no Web Locks. */
const LEASE_MS = 2 * REQUEST_MS;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;
/** A longer `Retry-After` is taken for a mistake of the other side. */
const LONGEST_ASKED_MS = 3_600_000;
/** What the other side will never take, whoever asks and whenever. Any other answer may change: a login, a route, a release. */
const NEVER = new Set([400, 415, 422]);

/**
 * Sends what the store keeps, the oldest first: one tab at a time, by a Web Lock, or by a lease where there are none (a page without
 * https). What has arrived is removed then: a tab that dies in between has it sent again.
 */
export class OfflineSender {
  readonly #name: string;
  readonly #store: OfflineStore;
  readonly #post: Post;
  readonly #consent: SinkConsent;
  readonly #owner: string = String(Math.random());
  /** Aborts when the page is left, or frozen: who keeps a lock cannot come back from the browser's cache of pages. */
  #here = new AbortController();
  /** Ends the request under way. */
  #request = new AbortController();
  #sending: Promise<void> | undefined;
  #draining: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = Infinity;
  #pauseMs = FIRST_PAUSE_MS;
  #requestBytes = REQUEST_BYTES;
  #lastError: string | undefined;

  constructor(name: string, store: OfflineStore, post: Post, consent: SinkConsent) {
    this.#name = name;
    this.#store = store;
    this.#post = post;
    this.#consent = consent;
  }

  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Resolves when nothing is kept any more; rejects with what keeps it from being sent. */
  send(): Promise<void> {
    this.#sending ??= this.#sendAlone().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  /** Sends in the background, after `ms` at the latest. Where that fails, again after a pause that grows. */
  soon(ms = 0): void {
    const due = Date.now() + ms;
    if (this.#here.signal.aborted || (this.#timer !== undefined && this.#due <= due)) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.send().then(this.#sent, this.#failed);
    }, ms);
  }

  /** The network is back. */
  readonly online = (): void => {
    this.#pauseMs = FIRST_PAUSE_MS;
    this.soon();
  };

  /** The page is left, or frozen. A request under way goes on. */
  readonly leave = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#here.abort();
  };

  /** The page is back. */
  readonly back = (): void => {
    if (this.#here.signal.aborted) this.#here = new AbortController();
    this.soon();
  };

  /** Ends the request under way, as far as it can be. */
  stop(): void {
    this.#request.abort();
    this.#request = new AbortController();
  }

  readonly #sent = (): void => {
    this.#pauseMs = FIRST_PAUSE_MS;
  };

  readonly #failed = (error: unknown): void => {
    const asked = UnderstudyError.is(error) ? (error.details.retryAfterMs ?? 0) : 0;
    // Many tabs, and many users, lose one receiver at the same time.
    const pause = this.#pauseMs * (1 + Math.random());
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    if (this.#here.signal.aborted) return;
    this.#lastError = safeErrorText(error);
    this.soon(Math.min(Math.max(pause, asked), LONGEST_ASKED_MS));
  };

  async #sendAlone(): Promise<void> {
    const { signal } = this.#here;
    signal.throwIfAborted();
    const drain = (): Promise<void> => untilAborted(signal, this.#drain(signal));
    const locks = webLocks();
    if (locks !== undefined) return locks.request(this.#name, { signal }, drain);
    await drain();
  }

  async #drain(signal: AbortSignal): Promise<void> {
    // A page that has come back may still have a request of before.
    await this.#draining;
    const mine = this.#sendAll(signal);
    this.#draining = mine.catch(() => undefined);
    await mine;
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    while (this.#consent.state === 'granted' && !signal.aborted) {
      if (webLocks() === undefined && !(await this.#store.lease(this.#owner, Date.now(), LEASE_MS))) {
        const details = { retryAfterMs: LEASE_MS };
        throw new UnderstudyError('SINK_FAILED', 'Another tab is sending.', { retryable: true, details });
      }
      const { keys, kept } = await this.#store.oldest(this.#requestBytes, Date.now());
      const [first] = keys;
      if (first === undefined) return;
      const body = bodyOf(kept);
      try {
        await this.#post(body, AbortSignal.any([this.#request.signal, AbortSignal.timeout(REQUEST_MS)]));
        await this.#store.remove(keys);
        this.#requestBytes = Math.min(2 * this.#requestBytes, REQUEST_BYTES);
      } catch (error) {
        const { status = 0 } = UnderstudyError.is(error) ? error.details : {};
        if (NEVER.has(status)) await this.#store.remove(keys, 'refused');
        else if (status !== 413) throw error;
        else if (keys.length > 1) this.#requestBytes = body.bytes / 2;
        else await this.#store.split(first);
        this.#lastError = safeErrorText(error);
      }
    }
  }
}

/** A page without https has none. */
const webLocks = (): LockManager | undefined => navigator.locks;
