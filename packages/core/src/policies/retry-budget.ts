import { SlidingWindow } from './sliding-window.ts';

/** Calls older than this say nothing of what the endpoint can bear now. */
const WINDOW_MS = 10_000;

/**
 * Keeps retries from multiplying an outage. A retry is granted while fewer than `minimum` are in flight (its wait counts); beyond
 * that only while they stay within `share` of the calls in flight, and all retries of the last 10 s within `share` of the calls
 * of that time: a hundred calls that fail at once are retried twenty at a time, however well the calls before them went. It
 * refills as time passes and never blocks a first attempt. Envoy limits the first of the two, Finagle the second.
 */
export class RetryBudget {
  readonly #share: number;
  readonly #minimum: number;
  readonly #window = new SlidingWindow(WINDOW_MS);
  /** Calls that have not ended. */
  #calls = 0;
  /** Retries that have not ended. */
  inFlight = 0;

  constructor(share: number, minimum: number) {
    this.#share = share;
    this.#minimum = minimum;
  }

  /** A call begins. */
  begin(now: number): void {
    if (now >= this.#window.nextAt) this.#window.advance(now);
    this.#window.count(false, false);
    this.#calls++;
  }

  /** A call has ended, whatever became of it. */
  finished(): void {
    this.#calls--;
  }

  /** Takes leave for one retry. */
  withdraw(now: number): boolean {
    if (this.inFlight >= this.#minimum && this.room(now) < 1) return false;
    this.#window.count(true, false);
    this.inFlight++;
    return true;
  }

  /** A retry has ended. */
  ended(): void {
    this.inFlight--;
  }

  /** How many more retries the shares allow now, the minimum aside. */
  room(now: number): number {
    if (now >= this.#window.nextAt) this.#window.advance(now);
    const { calls, failures: retries } = this.#window;
    const ofWindow = this.#share * (calls - retries) - retries;
    return Math.max(0, Math.floor(Math.min(this.#share * this.#calls - this.inFlight, ofWindow)));
  }
}
