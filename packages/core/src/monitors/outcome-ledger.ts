import type { DecisionFact } from '../spec/index.ts';

/** What is kept of a decision until its outcomes come. */
export interface PendingDecision {
  readonly tier: DecisionFact['tier'];
  readonly servedBy: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly probability: number;
  /** What each monitor wants back, in their order. */
  readonly kept: readonly unknown[];
  /** Whether a truth has come. */
  known: boolean;
}

/** Decisions, and those of them whose truth is known, since the start. */
interface Coverage {
  decisions: number;
  known: number;
}

/** How many decisions got their truth, and how long that took. */
export interface OutcomeCoverage {
  /** Decisions that wait, at most 20,000; beyond it the oldest are forgotten. */
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

const REMEMBERED = 20_000;
/** Delays by their quarter of an octave, from 1 ms on: bounds of a bucket are 19 % apart. */
const DELAY_BUCKETS = 160;

/** Joins outcomes that come late and in any order to what is kept of their decisions: bounded, the oldest forgotten first. */
export class OutcomeLedger {
  readonly #pending = new Map<string, PendingDecision>();
  readonly #coverage = new Map<string, Coverage>();
  readonly #delays = new Uint32Array(DELAY_BUCKETS);
  #forgotten = 0;
  #unjoined = 0;

  /** Keeps a decision. One of the same id is replaced: the sampled answer of a paused model is scored, not the rules' */
  keep(id: string, decision: PendingDecision): void {
    this.#pending.set(id, decision);
    this.#coverageOf(decision).decisions++;
    if (this.#pending.size <= REMEMBERED) return;
    for (const [oldest, { known }] of this.#pending) {
      this.#pending.delete(oldest);
      if (!known) this.#forgotten++;
      return;
    }
  }

  /** What was kept of the decision. It stays: outcomes of other kinds may follow. */
  recall(id: string): PendingDecision | undefined {
    const decision = this.#pending.get(id);
    if (decision === undefined) this.#unjoined++;
    return decision;
  }

  /** A truth has come for the decision. */
  joined(decision: PendingDecision, at: number): void {
    if (decision.known) return;
    decision.known = true;
    this.#coverageOf(decision).known++;
    const delay = Math.max(1, at - decision.at);
    const bucket = Math.min(DELAY_BUCKETS - 1, Math.floor(4 * Math.log2(delay)));
    this.#delays[bucket] = (this.#delays[bucket] ?? 0) + 1;
  }

  status(): OutcomeCoverage {
    return {
      pending: this.#pending.size,
      forgotten: this.#forgotten,
      unjoined: this.#unjoined,
      byTier: Object.fromEntries([...this.#coverage].map(([tier, counts]) => [tier, { ...counts }])),
      delayMs: { p50: this.#delay(0.5), p90: this.#delay(0.9), p99: this.#delay(0.99) },
    };
  }

  #coverageOf({ tier, probability }: PendingDecision): Coverage {
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
