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

/** The odds of a miss that a fall is told by, relative to those at the floor. */
const TOLD_ODDS = 2;

/** Evidence against a floor from the cases of this process, one by one, and from those of the others, in batches. */
export class FloorWatch {
  readonly #options: FloorOptions;
  readonly #own: Fed = { cases: 0, hits: 0 };
  #others = new Map<string, Fed>();
  #state: FloorEvidence = NO_FLOOR_EVIDENCE;
  /** The newest cases, from the one on at which a fall began, if there is one: E. S. Page's sum, which ends when it comes to 0. */
  readonly #newest: Fed = { cases: 0, hits: 0 };
  #sum = 0;

  constructor(options: FloorOptions) {
    this.#options = options;
  }

  /** The newest cases, as many as speak of a fall, and the mean of their scores; `undefined` where none do. */
  get newest(): { readonly cases: number; readonly mean: number } | undefined {
    const { cases, hits } = this.#newest;
    return cases === 0 ? undefined : { cases, mean: hits / cases };
  }

  get breached(): boolean {
    return this.#state.breached;
  }

  /** @param score 0..1 */
  add(score: number): void {
    this.#own.cases++;
    this.#own.hits += score;
    this.#state = addToFloor(this.#state, score, this.#options);
    this.#follow(score, 1 - score);
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
      this.#follow(newHits, newCases - newHits);
    }
    this.#others = others;
  }

  #follow(hits: number, misses: number): void {
    const { floor } = this.#options;
    const miss = (TOLD_ODDS * (1 - floor)) / (floor + TOLD_ODDS * (1 - floor));
    this.#sum = Math.max(0, this.#sum + hits * Math.log((1 - miss) / floor) + misses * Math.log(miss / (1 - floor)));
    const isOver = this.#sum === 0;
    this.#newest.cases = isOver ? 0 : this.#newest.cases + hits + misses;
    this.#newest.hits = isOver ? 0 : this.#newest.hits + hits;
  }
}
