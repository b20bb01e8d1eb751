/** Latencies of before weigh less by a factor of e in this time, in milliseconds; a member that is not chosen is thought to be faster with time, and so tried again. */
const DECAY_MS = 10_000;
/** The first latency that is thought of, in milliseconds: a new member is tried soon. */
const NEW_MS = 0;

/** How busy one member of a pool is. */
export class MemberLoad {
  inFlight = 0;
  #latencyMs = NEW_MS;
  #at = Number.NEGATIVE_INFINITY;

  /** What a call would find there: calls in flight and itself, each of the latency that is known. */
  cost(now: number): number {
    return (this.inFlight + 1) * this.latencyMs(now);
  }

  /** The latency that is known, less with every second in which nothing was learned. */
  latencyMs(now: number): number {
    return this.#latencyMs * Math.exp(-Math.max(0, now - this.#at) / DECAY_MS);
  }

  /**
   * A call has taken so long. Slower than what is known counts at once, faster only bit by bit, so that one slow answer is enough to be
   * careful (peak EWMA; Finagle, "Aperture and least-loaded balancers").
   */
  sample(durationMs: number, now: number): void {
    const known = this.#latencyMs;
    if (durationMs >= known || this.#at === Number.NEGATIVE_INFINITY) this.#latencyMs = durationMs;
    else {
      const weight = Math.exp(-Math.max(0, now - this.#at) / DECAY_MS);
      this.#latencyMs = known * weight + durationMs * (1 - weight);
    }
    this.#at = now;
  }
}

/** Something to choose, with a weight and a load. */
export interface Candidate {
  readonly weight: number;
  readonly load: MemberLoad;
}

/**
 * The less loaded of two that are drawn at random: nearly as good as the least loaded of all, and never all callers on the same one
 * (M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001).
 *
 * @param candidates at least one
 * @param random uniform in [0, 1)
 */
export function leastLoadedOfTwo<C extends Candidate>(candidates: readonly [C, ...C[]], now: number, random: () => number): C {
  const first = Math.floor(random() * candidates.length);
  const one = candidates[first] ?? candidates[0];
  if (candidates.length === 1) return one;
  const other = candidates[(first + 1 + Math.floor(random() * (candidates.length - 1))) % candidates.length] ?? one;
  const [a, b] = [one.load.cost(now), other.load.cost(now)];
  if (a !== b) return a < b ? one : other;
  return other.load.inFlight < one.load.inFlight ? other : one;
}

/** One by its weight. @param candidates at least one, with a weight over 0 */
export function byWeight<C extends Candidate>(candidates: readonly [C, ...C[]], random: () => number): C {
  let left = random() * candidates.reduce((sum, { weight }) => sum + weight, 0);
  for (const candidate of candidates) {
    left -= candidate.weight;
    if (left < 0) return candidate;
  }
  return candidates[0];
}
