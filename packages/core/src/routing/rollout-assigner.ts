import type { Assignment } from './assignment.ts';
import { TOTAL_WEIGHT } from './bucketing.ts';
import { type UnitBuckets, unitBuckets, type UnitHash } from './unit-hash.ts';

/** A stage of a rollout, for its assignment. */
export interface RolloutShare {
  /** The attempt; with the model's name it seeds the hash, so that another attempt draws other units; the hashes of GrowthBook and Unleash have seeds of their own, and draw the same. */
  readonly id: string;
  readonly model: string;
  readonly champion: string;
  readonly challenger: string;
  /** Number of the stage in the control document, from 1. */
  readonly stage: number;
  /** The challenger's weight, of 10,000, and the largest one of the stages before. */
  readonly weight: number;
  readonly reached: number;
  /** Share of the traffic that the rollout may take from, 0–1: what a split leaves to the champion. */
  readonly share: number;
  readonly hash: UnitHash;
}

/**
 * Gives the champion's units to the challenger: those with a bucket under its weight, so that a unit that has it keeps it while
 * the weight grows. Units under the largest weight before are no evidence any more; of the others, (π′ − π)/(1 − π) move.
 */
export class RolloutAssigner {
  readonly #bucketing: UnitBuckets;
  readonly #weight: number;
  readonly #reached: number;
  readonly #champion: Assignment;
  readonly #arrived: Assignment;
  readonly #before: Assignment;

  constructor({ id, model, champion, challenger, stage, weight, reached, share, hash }: RolloutShare) {
    this.#bucketing = unitBuckets(hash, `${model}/rollout/${id}`);
    this.#weight = weight;
    this.#reached = reached;
    const probability = (weight - reached) / (TOTAL_WEIGHT - reached);
    const cell = (onChallenger: boolean): Assignment['cell'] =>
      probability > 0 && probability < 1 ? { rollout: id, stage, probability, onChallenger } : undefined;
    const part = (weight / TOTAL_WEIGHT) * share;
    this.#champion = { variant: champion, probability: share - part, reason: 'rollout', stage, cell: cell(false) };
    this.#arrived = { variant: challenger, probability: part, reason: 'rollout', stage, cell: cell(true) };
    this.#before = { ...this.#arrived, cell: undefined };
  }

  assign(unit: string, random: () => number): Assignment {
    const bucket = unit === '' ? random() * TOTAL_WEIGHT : this.#bucketing.bucket(unit);
    if (bucket >= this.#weight) return this.#champion;
    return bucket >= this.#reached ? this.#arrived : this.#before;
  }
}
