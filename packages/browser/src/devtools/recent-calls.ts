import type { DecisionEvent } from '@understudy/core';

type Tier = DecisionEvent['tier'];

/** What is counted of a second. */
interface Second {
  at: number;
  calls: number;
  degraded: number;
  failed: number;
  readonly tiers: Map<Tier, number>;
}

/** Calls of the last seconds, put together. */
export interface Recent {
  readonly perSecond: number;
  readonly calls: number;
  /** Calls that another variant or tier than the assigned one served, or none, as a share of all; `null` without calls. */
  readonly degraded: number | null;
  readonly failed: number;
  /** How many each tier served, the most first. */
  readonly tiers: readonly (readonly [tier: Tier, calls: number])[];
}

const SECONDS = 10;

/** Counts the calls of one model over the last ten seconds. */
export class RecentCalls {
  readonly #seconds: Second[] = Array.from({ length: SECONDS }, () => ({
    at: Number.NEGATIVE_INFINITY,
    calls: 0,
    degraded: 0,
    failed: 0,
    tiers: new Map<Tier, number>(),
  }));
  readonly #begun: number;

  /** @param now in milliseconds of any clock, the same as below */
  constructor(now: number) {
    this.#begun = now;
  }

  add({ outcome, degraded, tier }: Pick<DecisionEvent, 'outcome' | 'degraded' | 'tier'>, now: number): void {
    const at = Math.floor(now / 1000);
    const second = this.#seconds[((at % SECONDS) + SECONDS) % SECONDS];
    if (second === undefined) return;
    if (second.at !== at) {
      second.at = at;
      second.calls = second.degraded = second.failed = 0;
      second.tiers.clear();
    }
    second.calls++;
    if (degraded) second.degraded++;
    if (outcome === 'failed') second.failed++;
    second.tiers.set(tier, (second.tiers.get(tier) ?? 0) + 1);
  }

  read(now: number): Recent {
    const since = Math.floor(now / 1000) - SECONDS;
    const tiers = new Map<Tier, number>();
    let [calls, degraded, failed] = [0, 0, 0];
    for (const second of this.#seconds) {
      if (second.at <= since) continue;
      calls += second.calls;
      degraded += second.degraded;
      failed += second.failed;
      for (const [tier, count] of second.tiers) tiers.set(tier, (tiers.get(tier) ?? 0) + count);
    }
    // The window begins with a whole second, and no earlier than the first call.
    const seconds = Math.max(1, Math.min(now / 1000 - (since + 1), (now - this.#begun) / 1000));
    return {
      perSecond: calls / seconds,
      calls,
      degraded: calls === 0 ? null : degraded / calls,
      failed,
      tiers: [...tiers].sort(([, a], [, b]) => b - a),
    };
  }
}
