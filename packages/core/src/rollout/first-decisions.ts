import { murmur3 } from '../statistics/sketches/murmur3.ts';
import type { StateStore } from '../types/index.ts';
import { WordSet } from '../statistics/word-set.ts';
import type { RolloutOutcome } from './outcome-claims.ts';

/** Outcomes, or marks, that wait; beyond it they are dropped, and counted. */
const MAX_WAITING = 50_000;
const BATCH = 1000;
/** So long an outcome waits for the process that decided, in milliseconds, and for three of its exchanges at least. */
const PATIENCE_MS = 600_000;

interface Question {
  readonly outcome: RolloutOutcome;
  /** Milliseconds since the Unix epoch. */
  readonly until: number;
}

/** A unit in a stage, as ids carry both. */
const unitInStage = ({ exposure: { stage, unitHash } }: Pick<RolloutOutcome, 'exposure'>): string =>
  stage.toString(16) + unitHash;

/**
 * Which decision was the first of its unit in a stage. Only its outcomes are evidence: of several decisions of one unit, the one whose
 * outcome comes first is no fair choice where bad outcomes take another time than good ones. The process that decided knows; the
 * others read it in the store, where a mark of the unit lies until its outcomes are too late.
 */
export class FirstDecisions {
  readonly #known = new WordSet();
  readonly #keepMs: number;
  readonly #patienceMs: number;
  #marks: { readonly id: string; readonly value: string }[] = [];
  #questions: Question[] = [];
  /** Outcomes of decisions that were not the first of their unit. */
  repeated = 0;
  /** Outcomes that found no room to wait, or waited in vain. */
  dropped = 0;

  /**
   * @param keepMs for which an outcome may still come, in milliseconds
   * @param everyMs at which processes hand over what they counted, in milliseconds
   */
  constructor(keepMs: number, everyMs: number) {
    this.#keepMs = keepMs;
    this.#patienceMs = Math.max(PATIENCE_MS, 3 * everyMs);
  }

  /** Outcomes that wait. */
  get waiting(): number {
    return this.#questions.length;
  }

  /**
   * @param member the unit in its stage: {@link unitInStage}
   * @param id `undefined` where no outcome of the unit counts: its first decision was not served by its variant
   */
  add(member: string, id: string | undefined): void {
    if (id !== undefined) this.#known.add(murmur3(id));
    if (this.#marks.length < MAX_WAITING) this.#marks.push({ id: member, value: JSON.stringify(id ?? null) });
  }

  /** Whether it is known here to be a first one. */
  has(id: string): boolean {
    return this.#known.has(murmur3(id));
  }

  /** An outcome of a decision that is not known here to be a first one. */
  ask(outcome: RolloutOutcome): void {
    if (this.#questions.length < MAX_WAITING) this.#questions.push({ outcome, until: outcome.at + this.#patienceMs });
    else this.dropped++;
  }

  /** Gives the store the first decisions of this process. Rejects as the store does. */
  async hand(store: StateStore, key: string): Promise<void> {
    while (this.#marks.length > 0) {
      const batch = this.#marks.slice(0, BATCH);
      await store.remember?.(`${key}/first`, batch, this.#keepMs);
      this.#marks = this.#marks.slice(batch.length);
    }
  }

  /**
   * The outcomes that turn out to be of first decisions. Rejects as the store does; then they wait on.
   *
   * @param now milliseconds since the Unix epoch; ∞: nothing may wait any longer
   */
  async answered(store: StateStore, key: string, now: number): Promise<readonly RolloutOutcome[]> {
    const asked = this.#questions.filter(({ outcome: { id } }) => !this.has(id));
    for (let start = 0; start < asked.length; start += BATCH) {
      const batch = asked.slice(start, start + BATCH);
      const marks =
        (await store.recall?.(
          `${key}/first`,
          batch.map(({ outcome }) => unitInStage(outcome)),
        )) ?? [];
      const over = new Set<Question>();
      for (const [index, question] of batch.entries()) {
        const mark = marks[index];
        if (mark === JSON.stringify(question.outcome.id)) this.#known.add(murmur3(question.outcome.id));
        else if (mark !== undefined || question.until <= now) over.add(question);
        if (mark !== undefined && over.has(question)) this.repeated++;
        else if (over.has(question)) this.dropped++;
      }
      this.#questions = this.#questions.filter((question) => !over.has(question));
    }
    const first = this.#questions.filter(({ outcome }) => this.has(outcome.id)).map(({ outcome }) => outcome);
    this.#questions = this.#questions.filter(({ outcome }) => !this.has(outcome.id));
    return first;
  }
}
