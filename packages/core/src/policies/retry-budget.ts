/** The bucket holds the tokens of this many calls: a quiet hour cannot save up for a storm. */
const CALLS_REMEMBERED = 500;

/**
 * Keeps retries from multiplying an outage: at most `share` of the calls, but always `minimum` in flight, as Envoy and
 * failsafe-go do. A token bucket: each call brings one token, a retry takes `1 / share`. It refills as calls arrive and
 * never blocks a first attempt.
 */
export class RetryBudget {
  readonly #cost: number;
  readonly #minimum: number;
  tokens = 0;
  /** Retries that have not ended. */
  inFlight = 0;

  constructor(share: number, minimum: number) {
    this.#cost = 1 / share;
    this.#minimum = minimum;
  }

  /** A first attempt begins. */
  deposit(): void {
    if (this.tokens < CALLS_REMEMBERED) this.tokens++;
  }

  /** Takes leave for one retry. */
  withdraw(): boolean {
    if (this.tokens >= this.#cost) this.tokens -= this.#cost;
    else if (this.inFlight >= this.#minimum) return false;
    this.inFlight++;
    return true;
  }

  /** A retry has ended. */
  ended(): void {
    this.inFlight--;
  }
}
