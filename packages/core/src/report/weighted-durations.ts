import type { ReportQuantiles } from './report-data.ts';

/** Buckets by an octave: bounds are 19 % apart, so that their middle is within 9 %. */
const PER_OCTAVE = 4;
/** From 2^-10 ms (1 µs) to 2^40 ms (35 years). */
const [LOWEST, HIGHEST] = [-10, 40];

/** Quantiles of durations, each counted with a weight: in constant memory. */
export class WeightedDurations {
  readonly #weights = new Float64Array((HIGHEST - LOWEST) * PER_OCTAVE);
  #total = 0;
  #count = 0;

  add(ms: number, weight = 1): void {
    if (!(ms >= 0 && weight > 0 && weight < Infinity)) return;
    const octaves = Math.log2(Math.max(ms, 2 ** LOWEST)) - LOWEST;
    const bucket = Math.min(this.#weights.length - 1, Math.floor(PER_OCTAVE * octaves));
    this.#weights[bucket] = (this.#weights[bucket] ?? 0) + weight;
    this.#total += weight;
    this.#count++;
  }

  merge(other: WeightedDurations): void {
    for (const [bucket, weight] of other.#weights.entries()) this.#weights[bucket] = (this.#weights[bucket] ?? 0) + weight;
    this.#total += other.#total;
    this.#count += other.#count;
  }

  /** Durations that were added, whatever their weight. */
  get count(): number {
    return this.#count;
  }

  /** @param beyond so many durations are expected beyond a quantile, at least: it is `null` where there are too few */
  quantiles(beyond = 0): ReportQuantiles {
    const known = (share: number): number | null => (this.#count * (1 - share) < beyond - 1e-9 ? null : this.#quantile(share));
    return { p50: known(0.5), p90: known(0.9), p99: known(0.99) };
  }

  #quantile(share: number): number | null {
    if (this.#total === 0) return null;
    let seen = 0;
    for (const [bucket, weight] of this.#weights.entries()) {
      seen += weight;
      if (seen >= share * this.#total) return 2 ** ((bucket + 0.5) / PER_OCTAVE + LOWEST);
    }
    return null;
  }
}
