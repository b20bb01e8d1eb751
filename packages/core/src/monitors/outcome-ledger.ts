import type { DecisionFact } from '../types/index.ts';
import { KeptValues } from './kept-values.ts';

/** What was kept of a decision. */
export interface PendingDecision {
  readonly tier: DecisionFact['tier'];
  readonly servedBy: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly probability: number;
  /** Whether it is what a paused model would have answered. */
  readonly sampled: boolean;
  /** What each monitor wants back, in their order. */
  readonly kept: readonly unknown[];
  /** Where it is kept. */
  readonly slot: number;
}

/** Decisions, and truths that came, since the start; with `outcomes.sharing` also truths of decisions that other processes made. */
interface Coverage {
  decisions: number;
  known: number;
}

/** How many decisions got their truth, and how long that took. */
export interface OutcomeCoverage {
  /** Decisions that wait, at most `outcomes.remembered`; beyond it the oldest are forgotten. */
  readonly pending: number;
  /** Decisions that were forgotten before a truth came. */
  readonly forgotten: number;
  /** Outcomes whose decision this process did not know (any more), and found in no store. */
  readonly unjoined: number;
  /** By the tier that served. `sampled`: what a paused model would have answered. */
  readonly byTier: Readonly<Record<string, { readonly decisions: number; readonly known: number }>>;
  /** From the decision to its truth, within 19 %, in milliseconds; `null` before the first. */
  readonly delayMs: { readonly p50: number | null; readonly p90: number | null; readonly p99: number | null };
}

/** Who served decisions, and how many of them. */
interface Server extends Coverage {
  readonly tier: DecisionFact['tier'];
  readonly servedBy: string;
  readonly isSampled: boolean;
}

/** Delays by their quarter of an octave, from 1 ms on: bounds of a bucket are 19 % apart. */
const DELAY_BUCKETS = 160;

/**
 * Joins outcomes that come late and in any order to what is kept of their decisions: bounded, the oldest forgotten first.
 *
 * Keeping is on the call path: columns of a ring, and no lookup by key before the first outcome asks for one.
 */
export class OutcomeLedger {
  readonly #size: number;
  readonly #keys: Float64Array;
  readonly #at: Float64Array;
  readonly #probabilities: Float64Array;
  /** Places in {@link #servers}: there are as many as a model has variants and tiers. */
  readonly #servedBy: Uint16Array;
  /** Whether a truth has come. */
  readonly #known: Uint8Array;
  readonly #kept: readonly (KeptValues | undefined)[];
  readonly #servers: Server[] = [];
  /** Decisions that were kept since the start, and how many of them can be found by their keys. */
  #count = 0;
  #indexed = 0;
  readonly #slots = new Map<number, number>();
  readonly #delays = new Uint32Array(DELAY_BUCKETS);
  #forgotten = 0;
  #unjoined = 0;

  /**
   * @param keeps of each monitor, whether it keeps a value
   * @param size decisions that are kept: an integer of at least 1
   */
  constructor(keeps: readonly boolean[], size: number) {
    this.#size = size;
    this.#keys = new Float64Array(size);
    this.#at = new Float64Array(size);
    this.#probabilities = new Float64Array(size);
    this.#servedBy = new Uint16Array(size);
    this.#known = new Uint8Array(size);
    this.#kept = keeps.map((keep) => (keep ? new KeptValues(size) : undefined));
  }

  /**
   * Keeps a decision, or the sampled answer of a paused model beside it; returns where {@link put} keeps what belongs to it.
   *
   * @param key stands for the decision's id: a positive number
   */
  keep({ tier, servedBy, at, probability, sampled = false }: DecisionFact, key: number): number {
    const slot = this.#append(sampled ? -key : key);
    const server = this.#serverOf(tier, servedBy, sampled);
    this.#servedBy[slot] = server;
    this.#at[slot] = at;
    this.#probabilities[slot] = probability;
    this.#known[slot] = 0;
    (this.#servers[server] as Server).decisions++;
    return slot;
  }

  /** Keeps a value of one monitor. */
  put(slot: number, monitor: number, value: unknown): void {
    this.#kept[monitor]?.put(slot, value);
  }

  /** What was kept of the decision, and of the sampled answer beside it. It stays: outcomes of other kinds may follow. */
  recall(key: number): readonly PendingDecision[] {
    const slots = [this.#slotOf(key), this.#slotOf(-key)].filter((slot) => slot !== undefined);
    return slots.map((slot) => {
      const { tier, servedBy, isSampled: sampled } = this.#servers[this.#servedBy[slot] as number] as Server;
      return {
        slot,
        tier,
        servedBy,
        sampled,
        at: this.#at[slot] as number,
        probability: this.#probabilities[slot] as number,
        kept: this.keptAt(slot),
      };
    });
  }

  /** By monitor. */
  keptAt(slot: number): readonly unknown[] {
    return this.#kept.map((values) => values?.get(slot));
  }

  /** Nothing is known of the decision of an outcome. */
  missed(): void {
    this.#unjoined++;
  }

  /** A truth has come for the decision. */
  joined({ slot }: PendingDecision, at: number): void {
    if (this.#known[slot] === 1) return;
    this.#known[slot] = 1;
    this.#countTruth(this.#servedBy[slot] as number, at - (this.#at[slot] as number));
  }

  /** A truth has come for a decision of another process. @param at when, in milliseconds since the Unix epoch */
  joinedElsewhere(
    { tier, servedBy, sampled, at: decidedAt }: Omit<PendingDecision, 'kept' | 'slot' | 'probability'>,
    at: number,
  ): void {
    this.#countTruth(this.#serverOf(tier, servedBy, sampled), at - decidedAt);
  }

  #countTruth(server: number, delayMs: number): void {
    (this.#servers[server] as Server).known++;
    const delay = Math.max(1, delayMs);
    const bucket = Math.min(DELAY_BUCKETS - 1, Math.floor(4 * Math.log2(delay)));
    this.#delays[bucket] = (this.#delays[bucket] ?? 0) + 1;
  }

  status(): OutcomeCoverage {
    const byTier: Record<string, Coverage> = {};
    for (const { tier, isSampled, decisions, known } of this.#servers) {
      const coverage = (byTier[isSampled ? 'sampled' : tier] ??= { decisions: 0, known: 0 });
      coverage.decisions += decisions;
      coverage.known += known;
    }
    return {
      pending: Math.min(this.#count, this.#size),
      forgotten: this.#forgotten,
      unjoined: this.#unjoined,
      byTier,
      delayMs: { p50: this.#delay(0.5), p90: this.#delay(0.9), p99: this.#delay(0.99) },
    };
  }

  #append(key: number): number {
    const slot = this.#count % this.#size;
    if (this.#count >= this.#size) {
      const oldest = this.#keys[slot] as number;
      if (this.#known[slot] === 0) this.#forgotten++;
      if (this.#count - this.#size < this.#indexed && this.#slots.get(oldest) === slot) this.#slots.delete(oldest);
    }
    this.#keys[slot] = key;
    this.#count++;
    return slot;
  }

  #slotOf(key: number): number | undefined {
    for (let at = Math.max(this.#indexed, this.#count - this.#size); at < this.#count; at++) {
      const slot = at % this.#size;
      this.#slots.set(this.#keys[slot] as number, slot);
    }
    this.#indexed = this.#count;
    return this.#slots.get(key);
  }

  #serverOf(tier: DecisionFact['tier'], servedBy: string, isSampled: boolean): number {
    for (let at = 0; at < this.#servers.length; at++) {
      const server = this.#servers[at] as Server;
      if (server.servedBy === servedBy && server.tier === tier && server.isSampled === isSampled) return at;
    }
    return this.#servers.push({ tier, servedBy, isSampled, decisions: 0, known: 0 }) - 1;
  }

  #delay(share: number): number | null {
    const total = this.#delays.reduce((sum, count) => sum + count, 0);
    if (total === 0) return null;
    let seen = 0;
    for (const [bucket, count] of this.#delays.entries()) {
      seen += count;
      if (seen >= share * total) return 2 ** ((bucket + 0.5) / 4);
    }
    return null;
  }
}
