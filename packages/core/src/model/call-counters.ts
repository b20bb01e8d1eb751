import type { ModelStatus } from './status.ts';
import type { TierKind } from '../types/index.ts';
import { DurationHistogram } from '../policies/duration-histogram.ts';

/** Exact counts of how calls ended, updated at once, before anything is sampled. */
export class CallCounters {
  readonly #latency = new DurationHistogram();
  readonly byTier: Record<TierKind, number> = { model: 0, cache: 0, rules: 0, always: 0 };
  total = 0;
  served = 0;
  degraded = 0;
  failed = 0;
  cancelled = 0;
  invalidInput = 0;
  inFlight = 0;

  countServed(tier: TierKind, degraded: boolean, durationMs: number): void {
    this.served++;
    this.byTier[tier]++;
    if (degraded) this.degraded++;
    this.#latency.add(durationMs);
  }

  snapshot(): Pick<ModelStatus, 'calls' | 'availability' | 'servedByTier' | 'latencyMs'> {
    const { total, served, degraded, failed, cancelled, invalidInput, inFlight } = this;
    const quantile = (q: number): number | null => (this.#latency.total === 0 ? null : this.#latency.quantile(q));
    return {
      calls: { total, served, degraded, failed, cancelled, invalidInput, inFlight },
      availability: served + failed === 0 ? null : served / (served + failed),
      servedByTier: { ...this.byTier },
      latencyMs: { p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99) },
    };
  }
}
