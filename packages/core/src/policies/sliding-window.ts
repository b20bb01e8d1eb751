import { Ticks } from './ticks.ts';

const FIELDS = 3;

/**
 * Counts of calls, failures and slow calls over the last `windowMs`, in buckets of a tenth of it, a tick each; fixed
 * memory, O(1) per call, no timer.
 */
export class SlidingWindow extends Ticks {
  readonly #buckets: number;
  readonly #ring: Int32Array;
  #cursor = 0;
  calls = 0;
  failures = 0;
  slow = 0;

  constructor(windowMs: number, buckets = 10) {
    super(windowMs / buckets);
    this.#buckets = buckets;
    this.#ring = new Int32Array(buckets * FIELDS);
  }

  count(failed: boolean, slow: boolean): void {
    this.calls++;
    const ring = this.#ring;
    const cursor = this.#cursor;
    ring[cursor] = (ring[cursor] as number) + 1;
    if (failed) {
      this.failures++;
      ring[cursor + 1] = (ring[cursor + 1] as number) + 1;
    } else if (slow) {
      this.slow++;
      ring[cursor + 2] = (ring[cursor + 2] as number) + 1;
    }
  }

  /** Drops what has left the window; returns how many windows have passed since the last call of it. */
  advance(now: number): number {
    const steps = this.passed(now);
    const ring = this.#ring;
    for (let left = Math.min(steps, this.#buckets); left > 0; left--) {
      const cursor = (this.#cursor + FIELDS) % ring.length;
      this.#cursor = cursor;
      this.calls -= ring[cursor] as number;
      this.failures -= ring[cursor + 1] as number;
      this.slow -= ring[cursor + 2] as number;
      ring[cursor] = ring[cursor + 1] = ring[cursor + 2] = 0;
    }
    return steps / this.#buckets;
  }

  clear(): void {
    this.#ring.fill(0);
    this.calls = this.failures = this.slow = 0;
  }
}
