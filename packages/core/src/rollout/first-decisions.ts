import { murmur3 } from '../routing/index.ts';
import type { StateStore } from '../spec/index.ts';
import { WordSet } from '../statistics/word-set.ts';
import type { RolloutOutcome } from './outcome-claims.ts';

/** Outcomes that wait to be told whether theirs was a first decision; beyond it they are dropped, and counted. */
const MOST_WAITING = 50_000;
const BATCH = 1000;
/** So soon after its decision an outcome may come before the process that decided has handed over which were first. */
const FRESH_MS = 120_000;
/** So long it then waits. */
const PATIENCE_MS = 5000;

interface Question {
  readonly outcome: RolloutOutcome;
  /** Milliseconds since the Unix epoch. */
  readonly due: number;
}

/**
 * Which decisions were the first of their unit in a stage. Only their outcomes are evidence: of several decisions of one unit, the
 * one whose outcome comes first is no fair choice where bad outcomes take another time than good ones. The process that decided
 * knows; the others read it in the store, where the mark lies until the outcome is too late.
 */
export class FirstDecisions {
  readonly #known = new WordSet();
  readonly #keepMs: number;
  #marks: string[] = [];
  #questions: Question[] = [];
  /** Outcomes of decisions that were not the first of their unit. */
  repeated = 0;
  /** Outcomes that found no room to wait. */
  dropped = 0;

  /** @param keepMs for which an outcome may still come, in milliseconds */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** Outcomes that wait. */
  get waiting(): number {
    return this.#questions.length;
  }

  add(id: string): void {
    this.#known.add(murmur3(id));
    if (this.#marks.length < MOST_WAITING) this.#marks.push(id);
  }

  /** Whether it is known here to be a first one. */
  has(id: string): boolean {
    return this.#known.has(murmur3(id));
  }

  /** An outcome of a decision of which nothing is known here. */
  ask(outcome: RolloutOutcome): void {
    if (this.#questions.length >= MOST_WAITING) {
      this.dropped++;
      return;
    }
    const isFresh = outcome.at - outcome.exposure.at < FRESH_MS;
    this.#questions.push({ outcome, due: isFresh ? outcome.at + PATIENCE_MS : outcome.at });
  }

  /** Gives the store the first decisions of this process. Rejects as the store does. */
  async hand(store: StateStore, key: string): Promise<void> {
    while (this.#marks.length > 0) {
      const batch = this.#marks.slice(0, BATCH);
      await store.remember?.(
        `${key}/first`,
        batch.map((id) => ({ id, value: '1' })),
        this.#keepMs,
      );
      this.#marks = this.#marks.slice(batch.length);
    }
  }

  /**
   * The outcomes that turn out to be of first decisions. Rejects as the store does; then they wait on.
   *
   * @param now milliseconds since the Unix epoch; ∞: nothing may wait any longer
   */
  async answered(store: StateStore, key: string, now: number): Promise<readonly RolloutOutcome[]> {
    const asked = this.#questions.filter(({ outcome: { id }, due }) => due <= now && !this.has(id));
    for (let start = 0; start < asked.length; start += BATCH) {
      const batch = asked.slice(start, start + BATCH);
      const ids = batch.map(({ outcome }) => outcome.id);
      const marks = (await store.recall?.(`${key}/first`, ids)) ?? [];
      const repeated = new Set<Question>();
      for (const [index, question] of batch.entries()) {
        if (marks[index] === undefined) repeated.add(question);
        else this.#known.add(murmur3(question.outcome.id));
      }
      this.repeated += repeated.size;
      this.#questions = this.#questions.filter((question) => !repeated.has(question));
    }
    const first = this.#questions.filter(({ outcome }) => this.has(outcome.id)).map(({ outcome }) => outcome);
    this.#questions = this.#questions.filter(({ outcome }) => !this.has(outcome.id));
    return first;
  }
}
