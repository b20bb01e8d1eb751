import type { ResultClass } from '../types/index.ts';
import { DurationHistogram } from './duration-histogram.ts';

export interface AdaptiveSettings {
  readonly min: number;
  readonly start: number;
  readonly max: number;
}

const MIN_SAMPLES = 50;
const SHORTEST_WINDOW_MS = 1000;
const LONGEST_WINDOW_MS = 30_000;
/** With fewer samples than this even failures prove nothing. */
const MIN_DROPS = 5;
/** The window's p90 may be this much over the long-term one before the limit shrinks. */
const TOLERANCE = 1.5;
const SMOOTHING = 0.2;
/** Weight of one window in the long-term p90. */
const LONG_TERM_WEIGHT = 0.05;
const DROP_SHARE = 0.1;
const DROP_FACTOR = 0.9;
const THROTTLED_FACTOR = 0.5;

/**
 * A concurrency limit that finds itself, from how latency moves with load (the gradient method of Netflix's
 * concurrency-limits, over the p90 as failsafe-go does): it shrinks while the window's p90 is over 1.5 times the long-term
 * one, and grows by about its square root while it is in use. A 429 halves it; a window with over 10 % failures takes 10 %.
 * Samples of calls that started before the last change do not count: they saw another limit.
 */
export class AdaptiveLimit {
  readonly #settings: AdaptiveSettings;
  readonly #durations = new DurationHistogram();
  #value: number;
  #changedAt = -Infinity;
  #windowAt = -Infinity;
  #drops = 0;
  #peak = 0;
  #longTerm = 0;

  constructor(settings: AdaptiveSettings) {
    this.#settings = settings;
    this.#value = settings.start;
  }

  /** The limit: a whole number between min and max. */
  get value(): number {
    return Math.floor(this.#value);
  }

  /** How long calls take when nothing is wrong: the long-term p90 in milliseconds; 0 until the first window has closed. */
  get longTermMs(): number {
    return this.#longTerm;
  }

  sample(resultClass: ResultClass, startedAt: number, now: number, active: number): void {
    if (startedAt < this.#changedAt) return;
    if (this.#windowAt === -Infinity) this.#windowAt = now;
    if (active > this.#peak) this.#peak = active;
    if (resultClass === 'throttled') return this.#change(this.#value * THROTTLED_FACTOR, now);
    if (resultClass === 'failed') this.#drops++;
    else if (resultClass === 'ok' || resultClass === 'slow') this.#durations.add(now - startedAt);
    else return;
    const age = now - this.#windowAt;
    const samples = this.#durations.total + this.#drops;
    if (age >= SHORTEST_WINDOW_MS && samples >= MIN_SAMPLES) this.#judge(now, samples);
    else if (age >= LONGEST_WINDOW_MS) this.#judgeSparse(now, samples);
  }

  /** A window that never filled: latency says too little, but mostly failures say enough. */
  #judgeSparse(now: number, samples: number): void {
    if (this.#drops >= MIN_DROPS && this.#drops * 2 > samples) this.#change(this.#value * DROP_FACTOR, now);
    else this.#newWindow(now);
  }

  #judge(now: number, samples: number): void {
    if (this.#drops > samples * DROP_SHARE) return this.#change(this.#value * DROP_FACTOR, now);
    const p90 = this.#durations.quantile(0.9);
    this.#longTerm = this.#longTerm === 0 ? p90 : this.#longTerm + (p90 - this.#longTerm) * LONG_TERM_WEIGHT;
    // After an overload the long-term value is too high: let it come down quickly.
    if (this.#longTerm > 2 * p90) this.#longTerm *= 0.95;
    // A limit that is not used says nothing about whether it is too low.
    if (this.#peak * 2 < this.#value) return this.#newWindow(now);
    const gradient = Math.min(1, Math.max(0.5, (TOLERANCE * this.#longTerm) / p90));
    const target = this.#value * gradient + Math.sqrt(this.#value);
    this.#change(this.#value + (target - this.#value) * SMOOTHING, now);
  }

  #change(value: number, now: number): void {
    const { min, max } = this.#settings;
    const before = this.value;
    this.#value = Math.min(max, Math.max(min, value));
    if (this.value !== before) this.#changedAt = now;
    this.#newWindow(now);
  }

  #newWindow(now: number): void {
    this.#windowAt = now;
    this.#drops = this.#peak = 0;
    this.#durations.clear();
  }
}
