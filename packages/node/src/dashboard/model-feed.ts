import type { DecisionEvent } from '@understudy/core';
import { Durations } from './durations.ts';
import { RecentMinute } from './recent-minute.ts';
import { Ring } from './ring.ts';
import { Series } from './series.ts';
import type { Spend } from './wire.ts';

/** Points of a model's series, columns of them, and the first time between two. */
const [POINTS, COLUMNS, SAMPLE_MS] = [600, 256, 10_000];
/** Decisions that are kept: as many routine ones as others. */
const KEPT = 200;
/** Decisions of a second that are shown: as many routine ones as others. */
const SHOWN = 10;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What is kept of one model's decisions: exact counts, and a bounded sample of the decisions themselves. */
export class ModelFeed {
  readonly recent: RecentMinute;
  readonly series = new Series(SAMPLE_MS, POINTS, COLUMNS);
  readonly spend = new Map<string, Writable<Spend>>();
  /** By the variant or tier that served. */
  readonly durations = new Map<string, Durations>();
  readonly all = new Durations();
  /** Decisions that went by since the last tick without being shown. */
  skipped = 0;
  /** Those that are shown at the next tick. */
  pending: DecisionEvent[] = [];
  readonly #routine = new Ring<DecisionEvent>(KEPT);
  readonly #others = new Ring<DecisionEvent>(KEPT);
  readonly #shown = { routine: 0, others: 0 };
  #second = Number.NEGATIVE_INFINITY;

  /** @param now monotonic milliseconds, here and below */
  constructor(now: number) {
    this.recent = new RecentMinute(now);
  }

  /** On the call path of a busy process: it counts, and rarely does more. */
  add(event: DecisionEvent, now: number, bare: (event: DecisionEvent) => DecisionEvent): void {
    const { outcome, tier, degraded, durationMs, servedBy, usage } = event;
    this.recent.add(outcome === 'served' ? tier : outcome, outcome === 'failed', now);
    if (outcome === 'served') {
      this.all.add(durationMs);
      let durations = this.durations.get(servedBy);
      if (durations === undefined) this.durations.set(servedBy, (durations = new Durations()));
      durations.add(durationMs);
    }
    if (usage !== undefined) this.#spent(event.assigned, usage);
    if (now - this.#second >= 1000) {
      this.#second = now;
      this.#shown.routine = 0;
      this.#shown.others = 0;
    }
    const kind = degraded || outcome !== 'served' ? 'others' : 'routine';
    if (this.#shown[kind] >= SHOWN) {
      this.skipped++;
      return;
    }
    this.#shown[kind]++;
    const kept = bare(event);
    (kind === 'routine' ? this.#routine : this.#others).push(kept);
    if (this.pending.length < 2 * SHOWN) this.pending.push(kept);
    else this.skipped++;
  }

  /** Leaves decisions out; answers how many. */
  drop(isDropped: (event: DecisionEvent) => boolean): number {
    this.pending = this.pending.filter((event) => !isDropped(event));
    return this.#routine.drop(isDropped) + this.#others.drop(isDropped);
  }

  /** Decisions that are kept, the newest first. */
  kept(): DecisionEvent[] {
    return [...this.#routine.newest(), ...this.#others.newest()].sort((a, b) => b.at - a.at);
  }

  #spent(variant: string, { inputTokens, outputTokens, costMicroUsd }: NonNullable<DecisionEvent['usage']>): void {
    let sum = this.spend.get(variant);
    if (sum === undefined) {
      sum = { calls: 0, unpriced: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, costMicroUsd: 0 };
      this.spend.set(variant, sum);
    }
    sum.calls++;
    sum.inputTokens += inputTokens.total ?? 0;
    sum.cachedTokens += inputTokens.cacheRead ?? 0;
    sum.outputTokens += outputTokens.total ?? 0;
    sum.reasoningTokens += outputTokens.reasoning ?? 0;
    if (costMicroUsd === null) sum.unpriced++;
    else sum.costMicroUsd += costMicroUsd;
  }
}
