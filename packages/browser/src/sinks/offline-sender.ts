import { UnderstudyError } from '@understudy/core';
import { safeErrorText, untilAborted } from '@understudy/core/authoring';
import type { SinkConsent } from './consent.ts';
import { bodyOf } from './event-body.ts';
import { leftOf, nextPause, type Pause } from './offline-pause.ts';
import type { OfflineStore } from './offline-store.ts';
import { isOffline, type Post } from './post-events.ts';

/** Bytes of one request: with `keepalive` it goes on when the page is left. */
const REQUEST_BYTES = 60_000;
/** A request that has no answer after this time has failed. */
const REQUEST_MS = 30_000;
/** How long a tab is the only sender without telling so again, where there are no Web Locks. */
const LEASE_MS = 2 * REQUEST_MS;
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
  /** The pause that is known here; that in the store is the one of all tabs. */
  #pause: Pause | undefined;
  /** Whether somebody asked to send whatever the pause is. */
  #isAsked = false;
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

  /** Sends whatever the pause is. Resolves when nothing is kept any more; rejects with what keeps it from being sent. */
  send(): Promise<void> {
    this.#isAsked = true;
    return this.#run();
  }

  /** Sends where there is no pause, and the page is not offline; else resolves with what is kept. */
  async sendIfFree(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      if (!(error instanceof Waiting)) throw error;
    }
  }

  /** Sends in the background, after `ms` at the latest, or after the pause of all tabs. Where that fails, again after a pause that grows. */
  soon(ms = 0): void {
    const due = Date.now() + ms;
    if (this.#here.signal.aborted || (this.#timer !== undefined && this.#due <= due)) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#run().catch(this.#failed);
    }, ms);
  }

  /** The network is back. */
  readonly online = (): void => {
    const sendNow = (): void => {
      this.#isAsked = true;
      this.soon();
    };
    if (this.#sending === undefined) sendNow();
    // A request of before may fail yet.
    else this.#sending.then(sendNow, sendNow);
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

  readonly #failed = (error: unknown): void => {
    if (this.#here.signal.aborted) return;
    if (error instanceof Waiting) {
      // A page that is offline waits for `online`.
      if (error.ms < Infinity) this.soon(error.ms);
      return;
    }
    this.#lastError = safeErrorText(error);
    const now = Date.now();
    // What failed without a request, such as the store, has made no pause.
    if (leftOf(this.#pause, now) === 0) this.#pause = nextPause(this.#pause, askedBy(error), now, Math.random());
    this.soon(leftOf(this.#pause, now));
  };

  #run(): Promise<void> {
    this.#sending ??= this.#sendAlone().finally(() => {
      this.#sending = undefined;
      this.#isAsked = false;
    });
    return this.#sending;
  }

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
    /** What was given up now: other failures of before are over when nothing is left. */
    let refused: string | undefined;
    if (this.#consent.state === 'granted') await this.#untilFree();
    while (this.#consent.state === 'granted' && !signal.aborted) {
      if (webLocks() === undefined && !(await this.#store.lease(this.#owner, Date.now(), LEASE_MS))) {
        const details = { retryAfterMs: LEASE_MS };
        throw new UnderstudyError('SINK_FAILED', 'Another tab is sending.', { retryable: true, details });
      }
      const { keys, kept } = await this.#store.oldest(this.#requestBytes, Date.now());
      const [first] = keys;
      if (first === undefined) {
        this.#lastError = refused;
        return;
      }
      const body = bodyOf(kept);
      const stopped = this.#request.signal;
      try {
        await this.#post(body, AbortSignal.any([stopped, AbortSignal.timeout(REQUEST_MS)]));
      } catch (error) {
        const { status = 0 } = UnderstudyError.is(error) ? error.details : {};
        this.#lastError = safeErrorText(error);
        if (NEVER.has(status)) await this.#store.remove(keys, 'refused');
        else if (status !== 413) {
          // A request that was ended here, or by leaving the page, says nothing of the other side.
          if (!stopped.aborted && (!signal.aborted || UnderstudyError.is(error))) await this.#makePause(error);
          throw error;
        } else if (keys.length > 1) this.#requestBytes = body.bytes / 2;
        else await this.#store.split(first);
        refused = this.#lastError;
        continue;
      }
      await this.#store.remove(keys);
      this.#requestBytes = Math.min(2 * this.#requestBytes, REQUEST_BYTES);
      if (this.#pause === undefined) continue;
      this.#pause = undefined;
      await this.#store.setPause(undefined);
    }
  }

  /** Throws what there is to wait for, where nobody asked to send whatever that is. */
  async #untilFree(): Promise<void> {
    this.#pause = await this.#store.pause();
    if (this.#isAsked) return;
    if (isOffline()) throw new Waiting(Infinity);
    const ms = leftOf(this.#pause, Date.now());
    if (ms > 0) throw new Waiting(ms);
  }

  async #makePause(error: unknown): Promise<void> {
    this.#pause = nextPause(this.#pause, askedBy(error), Date.now(), Math.random());
    await this.#store.setPause(this.#pause);
  }
}

/** Nothing was tried: there is so long to wait, in milliseconds; `Infinity`: for the network. */
class Waiting extends UnderstudyError {
  readonly ms: number;

  constructor(ms: number) {
    super('SINK_FAILED', ms < Infinity ? 'The other side is given time after a failure.' : 'The page is offline.', {
      retryable: true,
    });
    this.ms = ms;
  }
}

const askedBy = (error: unknown): number => (UnderstudyError.is(error) ? (error.details.retryAfterMs ?? 0) : 0);

/** A page without https has none. */
const webLocks = (): LockManager | undefined => navigator.locks;
