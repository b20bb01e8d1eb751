import type { CounterPart } from '../types/index.ts';
import {
  addBatchToFloor,
  addToFloor,
  type FloorEvidence,
  type FloorOptions,
  NO_FLOOR_EVIDENCE,
} from '../statistics/metrics/floor-evidence.ts';

/** Sums of scores in 0..1 since the start of a process. */
interface Fed {
  cases: number;
  hits: number;
}

/** Evidence against a floor from the cases of this process, one by one, and from those of the others, in batches. */
export class FloorWatch {
  readonly #options: FloorOptions;
  readonly #own: Fed = { cases: 0, hits: 0 };
  #others = new Map<string, Fed>();
  #state: FloorEvidence = NO_FLOOR_EVIDENCE;

  constructor(options: FloorOptions) {
    this.#options = options;
  }

  get breached(): boolean {
    return this.#state.breached;
  }

  /** @param score 0..1 */
  add(score: number): void {
    this.#own.cases++;
    this.#own.hits += score;
    this.#state = addToFloor(this.#state, score, this.#options);
  }

  /** To be told to the other processes under a name. */
  counters(name: string): Record<string, number> {
    return { [`cases|${name}`]: this.#own.cases, [`hits|${name}`]: this.#own.hits };
  }

  /**
   * Adds what the others have counted since the last time. What a process had counted when it is first seen is history, perhaps
   * of an incident that is over: it is where the counting begins.
   */
  merge(parts: readonly Omit<CounterPart, 'sequence'>[], name: string): void {
    const others = new Map<string, Fed>();
    for (const { instance, counters } of parts) {
      const cases = counters[`cases|${name}`] ?? 0;
      // A batch takes whole hits only: a part of one counts as whole, which is to the side of no alarm.
      const hits = Math.ceil(counters[`hits|${name}`] ?? 0);
      const before = this.#others.get(instance);
      others.set(instance, { cases, hits });
      if (before === undefined || cases <= before.cases) continue;
      const [newCases, newHits] = [cases - before.cases, hits - before.hits];
      if (newHits < 0 || newHits > newCases) continue;
      this.#state = addBatchToFloor(this.#state, newHits, newCases - newHits, this.#options);
    }
    this.#others = others;
  }
}
