import { type BucketRange, Bucketing, TOTAL_WEIGHT } from './bucketing.ts';

/** Which variant a call goes to, with what probability, and what decided it. One object per possible answer: a call allocates none. */
export interface Assignment {
  readonly variant: string;
  /** Probability of this assignment, 0–1; 1 where nothing was left to chance. */
  readonly probability: number;
  readonly by: 'champion' | 'split' | 'force' | 'pin';
}

/** Chooses among champion and challengers by the unit's bucket. Pure but for the random draw that is passed in. */
export class Assigner {
  readonly #bucketing: Bucketing;
  readonly #ranges: readonly { readonly from: number; readonly to: number; readonly assignment: Assignment }[];
  readonly #champion: Assignment;

  constructor(model: string, champion: string, ranges: readonly BucketRange[]) {
    this.#bucketing = new Bucketing(`${model}/assignment`);
    const used = ranges.filter((range) => range.to > range.from);
    this.#ranges = used.map(({ variant, from, to }) => ({
      from,
      to,
      assignment: { variant, probability: (to - from) / TOTAL_WEIGHT, by: 'split' },
    }));
    const left = used.reduce((sum, { from, to }) => sum - (to - from), TOTAL_WEIGHT);
    this.#champion = { variant: champion, probability: left / TOTAL_WEIGHT, by: used.length === 0 ? 'champion' : 'split' };
  }

  /** The same unit gets the same variant; a call without a unit is drawn afresh. */
  assign(unit: string, random: () => number): Assignment {
    if (this.#ranges.length === 0) return this.#champion;
    const bucket = unit === '' ? Math.floor(random() * TOTAL_WEIGHT) : this.#bucketing.bucket(unit);
    for (const { from, to, assignment } of this.#ranges) if (bucket >= from && bucket < to) return assignment;
    return this.#champion;
  }
}
