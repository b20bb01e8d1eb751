import { count, countOr0, msOr0, readOptions, share, within } from '../errors/index.ts';
import type { PolicyDependencies, PolicySnapshot, ResultClass, RetryMachine, SlotPolicy } from '../types/index.ts';
import { backoffMs, type Jitter, jitterKind } from './backoff.ts';
import { RetryBudget } from './retry-budget.ts';

export interface RetryOptions {
  /** Attempts in all, the first one included, at least 1. @defaultValue 3 (AWS SDKs) */
  readonly attempts?: number;
  /** First backoff in milliseconds. 0 retries at once. @defaultValue 50 (use 500 for a hosted LLM) */
  readonly baseMs?: number;
  /** Longest backoff in milliseconds. @defaultValue 8000 */
  readonly capMs?: number;
  /** The factor by which each backoff is longer than the one before, at least 1. @defaultValue 2 */
  readonly factor?: number;
  /** How backoffs are spread. @defaultValue 'full' (AWS) */
  readonly jitter?: Jitter;
  /** First backoff after a 429 that names no time, in milliseconds. @defaultValue 1000 (AWS) */
  readonly throttledBaseMs?: number;
  /** Longest backoff after a 429 that names no time, in milliseconds. @defaultValue 20000 (AWS) */
  readonly throttledCapMs?: number;
  /**
   * Retries may be at most this share of the model's calls: of those in flight, and of those of the last 10 s. Over 0, up to 1.
   * @defaultValue 0.2 (Envoy, failsafe-go)
   */
  readonly budgetShare?: number;
  /** This many retries may be in flight whatever the share says. @defaultValue 3 (Envoy) */
  readonly budgetMin?: number;
}

const DEFAULTS = {
  attempts: 3,
  baseMs: 50,
  capMs: 8000,
  factor: 2,
  jitter: 'full',
  throttledBaseMs: 1000,
  throttledCapMs: 20_000,
  budgetShare: 0.2,
  budgetMin: 3,
} as const;

/** Exponents beyond this are no backoff any more. */
export const factorKind = within(1, 100);

/**
 * Tries a `failed` or `throttled` attempt again: full jitter, Retry-After obeyed, never past the deadline, and within a
 * budget that all variants of a model share. A variant with `effects: 'once'` is never tried again.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function retry(options: RetryOptions = {}): SlotPolicy<'retry'> {
  const settings = readOptions('retry', options, RETRY, DEFAULTS);
  const { budgetShare, budgetMin } = settings;
  return {
    kind: 'retry',
    slot: ({ shared, random }) =>
      new Retry(
        settings,
        shared('model', `retry/${budgetShare}/${budgetMin}`, () => new RetryBudget(budgetShare, budgetMin)),
        random,
      ),
  };
}

const RETRY = {
  attempts: count,
  baseMs: msOr0,
  capMs: msOr0,
  factor: factorKind,
  jitter: jitterKind,
  throttledBaseMs: msOr0,
  throttledCapMs: msOr0,
  budgetShare: share,
  budgetMin: countOr0,
};

class Retry implements RetryMachine {
  readonly #settings: Required<RetryOptions>;
  readonly #budget: RetryBudget;
  readonly #random: PolicyDependencies['random'];
  #denied = 0;

  constructor(settings: Required<RetryOptions>, budget: RetryBudget, random: PolicyDependencies['random']) {
    this.#settings = settings;
    this.#budget = budget;
    this.#random = random;
  }

  begin(now: number): void {
    this.#budget.begin(now);
  }

  finished(): void {
    this.#budget.finished();
  }

  next(
    attempt: number,
    resultClass: ResultClass,
    now: number,
    deadline: number,
    retryAfterMs: number | undefined,
    previousMs: number,
  ): number {
    if ((resultClass !== 'failed' && resultClass !== 'throttled') || attempt >= this.#settings.attempts) return -1;
    const delay = this.#delay(attempt, resultClass, retryAfterMs, previousMs);
    if (now + delay >= deadline) return -1;
    if (!this.#budget.withdraw(now)) {
      this.#denied++;
      return -1;
    }
    return delay;
  }

  ended(): void {
    this.#budget.ended();
  }

  snapshot(now: number): PolicySnapshot {
    return {
      attempts: this.#settings.attempts,
      room: this.#budget.room(now),
      inFlight: this.#budget.inFlight,
      denied: this.#denied,
    };
  }

  #delay(attempt: number, resultClass: ResultClass, retryAfterMs: number | undefined, previousMs: number): number {
    const { baseMs, capMs, throttledBaseMs, throttledCapMs, factor, jitter } = this.#settings;
    const [base, cap] = resultClass === 'throttled' ? [throttledBaseMs, throttledCapMs] : [baseMs, capMs];
    const jittered = backoffMs({ baseMs: base, capMs: cap, factor, jitter }, attempt, previousMs, this.#random());
    // What the other side asks for is a floor; some jitter on top keeps its clients from returning all at once.
    return retryAfterMs === undefined ? jittered : retryAfterMs + Math.min(jittered, retryAfterMs * 0.1);
  }
}
