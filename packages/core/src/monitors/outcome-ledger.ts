import type { DecisionFact } from '../spec/index.ts';

/** What was kept of a decision. */
export interface PendingDecision {
  readonly tier: DecisionFact['tier'];
  readonly servedBy: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly probability: number;
  /** What each monitor wants back, in their order. */
  readonly kept: readonly unknown[];
  /** Where it is kept. */
  readonly slot: number;
}

/** Decisions, and those of them whose truth is known, since the start. */
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
  /** Outcomes whose decision this process did not know (any more). */
  readonly unjoined: number;
  /** By the tier that served. `sampled`: what a paused model would have answered. */
  readonly byTier: Readonly<Record<string, { readonly decisions: number; readonly known: number }>>;
  /** From the decision to its truth, within 19 %, in milliseconds; `null` before the first. */
  readonly delayMs: { readonly p50: number | null; readonly p90: number | null; readonly p99: number | null };
}

/** After the id of a decision: the answer that a paused model would have given. */
const SAMPLED = '/sampled';
/** Delays by their quarter of an octave, from 1 ms on: bounds of a bucket are 19 % apart. */
const DELAY_BUCKETS = 160;

/**
 * Joins outcomes that come late and in any order to what is kept of their decisions: bounded, the oldest forgotten first.
 *
 * Keeping is on the call path: columns of a ring, and no lookup by id before the first outcome asks for one.
 */
export class OutcomeLedger {
  readonly #monitors: number;
  readonly #size: number;
  readonly #ids: string[] = [];
  readonly #tiers: DecisionFact['tier'][] = [];
  readonly #servedBy: string[] = [];
  readonly #at: Float64Array;
  readonly #probabilities: Float64Array;
  /** Whether a truth has come. */
  readonly #known: Uint8Array;
  /** By decision, then by monitor. */
  readonly #kept: unknown[] = [];
  /** Decisions that were kept since the start, and how many of them can be found by id. */
  #count = 0;
  #indexed = 0;
  readonly #slots = new Map<string, number>();
  readonly #coverage = new Map<string, Coverage>();
  readonly #delays = new Uint32Array(DELAY_BUCKETS);
  #forgotten = 0;
  #unjoined = 0;

  /**
   * @param monitors how many values are kept of each decision
   * @param size decisions that are kept: an integer of at least 1
   */
  constructor(monitors: number, size: number) {
    this.#monitors = monitors;
    this.#size = size;
    this.#at = new Float64Array(size);
    this.#probabilities = new Float64Array(size);
    this.#known = new Uint8Array(size);
  }

  /** Keeps a decision, or the sampled answer of a paused model beside it; returns where {@link put} keeps what belongs to it. */
  keep({ id, tier, servedBy, at, probability }: DecisionFact): number {
    const slot = this.#append(probability < 1 ? id + SAMPLED : id);
    this.#tiers[slot] = tier;
    this.#servedBy[slot] = servedBy;
    this.#at[slot] = at;
    this.#probabilities[slot] = probability;
    this.#known[slot] = 0;
    this.#coverageOf(tier, probability).decisions++;
    return slot;
  }

  /** Keeps a value of one monitor. */
  put(slot: number, monitor: number, value: unknown): void {
    this.#kept[slot * this.#monitors + monitor] = value;
  }

  /** What was kept of the decision, and of the sampled answer beside it. It stays: outcomes of other kinds may follow. */
  recall(id: string): readonly PendingDecision[] {
    const slots = [this.#slotOf(id), this.#slotOf(id + SAMPLED)].filter((slot) => slot !== undefined);
    if (slots.length === 0) this.#unjoined++;
    return slots.map((slot) => ({
      slot,
      tier: this.#tiers[slot] ?? 'none',
      servedBy: this.#servedBy[slot] ?? '',
      at: this.#at[slot] ?? 0,
      probability: this.#probabilities[slot] ?? 1,
      kept: this.#kept.slice(slot * this.#monitors, (slot + 1) * this.#monitors),
    }));
  }

  /** A truth has come for the decision. */
  joined({ slot }: PendingDecision, at: number): void {
    if (this.#known[slot] === 1) return;
    this.#known[slot] = 1;
    this.#coverageOf(this.#tiers[slot] ?? 'none', this.#probabilities[slot] ?? 1).known++;
    const delay = Math.max(1, at - (this.#at[slot] ?? 0));
    const bucket = Math.min(DELAY_BUCKETS - 1, Math.floor(4 * Math.log2(delay)));
    this.#delays[bucket] = (this.#delays[bucket] ?? 0) + 1;
  }

  status(): OutcomeCoverage {
    return {
      pending: Math.min(this.#count, this.#size),
      forgotten: this.#forgotten,
      unjoined: this.#unjoined,
      byTier: Object.fromEntries([...this.#coverage].map(([tier, counts]) => [tier, { ...counts }])),
      delayMs: { p50: this.#delay(0.5), p90: this.#delay(0.9), p99: this.#delay(0.99) },
    };
  }

  #append(id: string): number {
    const slot = this.#count % this.#size;
    const oldest = this.#ids[slot];
    if (oldest !== undefined) {
      if (this.#known[slot] === 0) this.#forgotten++;
      if (this.#count - this.#size < this.#indexed && this.#slots.get(oldest) === slot) this.#slots.delete(oldest);
    }
    this.#ids[slot] = id;
    this.#count++;
    return slot;
  }

  #slotOf(id: string): number | undefined {
    for (let at = Math.max(this.#indexed, this.#count - this.#size); at < this.#count; at++) {
      const slot = at % this.#size;
      this.#slots.set(this.#ids[slot] ?? '', slot);
    }
    this.#indexed = this.#count;
    return this.#slots.get(id);
  }

  #coverageOf(tier: DecisionFact['tier'], probability: number): Coverage {
    const name = probability < 1 ? 'sampled' : tier;
    let coverage = this.#coverage.get(name);
    if (coverage === undefined) this.#coverage.set(name, (coverage = { decisions: 0, known: 0 }));
    return coverage;
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
