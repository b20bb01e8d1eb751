import { type BucketRange, TOTAL_WEIGHT } from './bucketing.ts';
import { type UnitBuckets, unitBuckets, type UnitHash } from './unit-hash.ts';

/** Where a unit that was left to chance counts in the evidence of a rollout. */
export interface RolloutCell {
  /** The attempt that it belongs to. */
  readonly rollout: string;
  /** Number of the stage in the control document, from 1. */
  readonly stage: number;
  /** The probability with which a unit that is new to the stage goes to the challenger: strictly between 0 and 1. */
  readonly probability: number;
  readonly onChallenger: boolean;
}

/** Which variant a call goes to, with what probability, and what decided it. One object per possible answer: a call allocates none. */
export interface Assignment {
  readonly variant: string;
  /** Probability of this assignment, 0–1; 1 where nothing was left to chance. */
  readonly probability: number;
  readonly reason: 'champion' | 'split' | 'rollout' | 'assign' | 'force' | 'pin';
  /** Stage of the rollout that made it; 0 for any other. */
  readonly stage: number;
  /** `undefined` where it is no evidence: no rollout, or a unit that was on the challenger before. */
  readonly cell: RolloutCell | undefined;
}

/** An assignment that no rollout made. */
export function plainAssignment(variant: string, probability: number, by: Assignment['reason']): Assignment {
  return { variant, probability, reason: by, stage: 0, cell: undefined };
}

/** Chooses among champion and challengers by the unit's bucket. Pure but for the random draw that is passed in. */
export class Assigner {
  readonly #bucketing: UnitBuckets;
  readonly #ranges: readonly { readonly from: number; readonly to: number; readonly assignment: Assignment }[];
  readonly #champion: Assignment;

  constructor(model: string, champion: string, ranges: readonly BucketRange[], hash: UnitHash = 'understudy') {
    this.#bucketing = unitBuckets(hash, `${model}/assignment`);
    const used = ranges.filter((range) => range.to > range.from);
    this.#ranges = used.map(({ variant, from, to }) => ({
      from,
      to,
      assignment: plainAssignment(variant, (to - from) / TOTAL_WEIGHT, 'split'),
    }));
    const left = used.reduce((sum, { from, to }) => sum - (to - from), TOTAL_WEIGHT);
    this.#champion = plainAssignment(champion, left / TOTAL_WEIGHT, used.length === 0 ? 'champion' : 'split');
  }

  /** The same unit gets the same variant; a call without a unit is drawn afresh. */
  assign(unit: string, random: () => number): Assignment {
    if (this.#ranges.length === 0) return this.#champion;
    const bucket = unit === '' ? Math.floor(random() * TOTAL_WEIGHT) : this.#bucketing.bucket(unit);
    for (const { from, to, assignment } of this.#ranges) if (bucket >= from && bucket < to) return assignment;
    return this.#champion;
  }
}
