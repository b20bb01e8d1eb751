/** Bins grow by 2^(1/8) from 0.05 ms on: a quantile is right within 5 %. */
const [SMALLEST_MS, BINS_PER_OCTAVE, BINS] = [0.05, 8, 200];

export interface Quantiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}
export const NO_CALLS: Quantiles = { p50: null, p90: null, p99: null };

/** How long calls took since it was last read. */
export class Durations {
  readonly #counts = new Uint32Array(BINS);
  #total = 0;

  add(durationMs: number): void {
    const bin = Math.floor(Math.log2(durationMs / SMALLEST_MS) * BINS_PER_OCTAVE);
    const index = bin > 0 ? Math.min(bin, BINS - 1) : 0;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total++;
  }

  /** `null` where less than one call is expected beyond a quantile: 99 % needs 100 calls. It begins anew. */
  take(): Quantiles {
    const taken = { p50: this.#quantile(0.5), p90: this.#quantile(0.9), p99: this.#quantile(0.99) };
    this.#counts.fill(0);
    this.#total = 0;
    return taken;
  }

  #quantile(share: number): number | null {
    // 0.1 and 0.01 are no binary fractions.
    if (this.#total * (1 - share) < 1 - 1e-9) return null;
    let left = Math.ceil(share * this.#total);
    for (const [bin, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return SMALLEST_MS * 2 ** ((bin + 0.5) / BINS_PER_OCTAVE);
    }
    return null;
  }
}
