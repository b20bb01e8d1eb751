import type { PolicyEnvironment, PolicySnapshot, ResultClass, RetryMachine, SlotPolicy } from '../spec/index.ts';
import { fullJitter } from './backoff.ts';
import { readOptions } from './options.ts';
import { RetryBudget } from './retry-budget.ts';

export interface RetryOptions {
  /** Attempts in all, the first one included, at least 1. @defaultValue 3 (AWS SDKs) */
  readonly attempts?: number;
  /** First backoff in milliseconds; it doubles, with full jitter. 0 retries at once. @defaultValue 50 (use 500 for a hosted LLM) */
  readonly baseMs?: number;
  /** Longest backoff in milliseconds. @defaultValue 8000 */
  readonly capMs?: number;
  /** First backoff after a 429 that names no time, in milliseconds. @defaultValue 1000 (AWS) */
  readonly throttledBaseMs?: number;
  /** Longest backoff after a 429 that names no time, in milliseconds. @defaultValue 20000 (AWS) */
  readonly throttledCapMs?: number;
  /** Retries may be at most this share of the model's calls, 0–1 exclusive of 0. @defaultValue 0.2 (Envoy, failsafe-go) */
  readonly budgetShare?: number;
  /** This many retries may be in flight whatever the budget says. @defaultValue 3 (Envoy) */
  readonly budgetMinimum?: number;
}

/**
 * Tries a `failed` or `throttled` attempt again: full jitter, Retry-After obeyed, never past the deadline, and within a
 * budget that all variants of a model share. A variant with `effects: 'once'` is never tried again.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function retry(options: RetryOptions = {}): SlotPolicy<'retry'> {
  const settings = readOptions('retry', options, {
    attempts: ['count', 3],
    baseMs: ['ms or 0', 50],
    capMs: ['ms or 0', 8000],
    throttledBaseMs: ['ms or 0', 1000],
    throttledCapMs: ['ms or 0', 20_000],
    budgetShare: ['share', 0.2],
    budgetMinimum: ['count or 0', 3],
  });
  const { budgetShare, budgetMinimum } = settings;
  return {
    kind: 'retry',
    slot: ({ shared, random }) =>
      new Retry(
        settings,
        shared('model', `retry/${budgetShare}/${budgetMinimum}`, () => new RetryBudget(budgetShare, budgetMinimum)),
        random,
      ),
  };
}

class Retry implements RetryMachine {
  readonly #settings: Required<RetryOptions>;
  readonly #budget: RetryBudget;
  readonly #random: PolicyEnvironment['random'];
  #denied = 0;

  constructor(settings: Required<RetryOptions>, budget: RetryBudget, random: PolicyEnvironment['random']) {
    this.#settings = settings;
    this.#budget = budget;
    this.#random = random;
  }

  begin(): void {
    this.#budget.deposit();
  }

  next(attempt: number, resultClass: ResultClass, now: number, deadline: number, retryAfterMs: number | undefined): number {
    if ((resultClass !== 'failed' && resultClass !== 'throttled') || attempt >= this.#settings.attempts) return -1;
    const delay = this.#delay(attempt, resultClass, retryAfterMs);
    if (now + delay >= deadline) return -1;
    if (!this.#budget.withdraw()) {
      this.#denied++;
      return -1;
    }
    return delay;
  }

  ended(): void {
    this.#budget.ended();
  }

  snapshot(): PolicySnapshot {
    return {
      attempts: this.#settings.attempts,
      budgetTokens: this.#budget.tokens,
      inFlight: this.#budget.inFlight,
      denied: this.#denied,
    };
  }

  #delay(attempt: number, resultClass: ResultClass, retryAfterMs: number | undefined): number {
    const { baseMs, capMs, throttledBaseMs, throttledCapMs } = this.#settings;
    const [base, cap] = resultClass === 'throttled' ? [throttledBaseMs, throttledCapMs] : [baseMs, capMs];
    const jittered = fullJitter(attempt, base, cap, this.#random());
    // What the other side asks for is a floor; some jitter on top keeps its clients from returning all at once.
    return retryAfterMs === undefined ? jittered : retryAfterMs + Math.min(jittered, retryAfterMs * 0.1);
  }
}
