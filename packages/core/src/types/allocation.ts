import type { Problem } from '../errors/index.ts';

/**
 * What is known of an arm: rewards, larger is better. They are not plain totals: units count once in a while, older rewards less, and
 * what all arms earned more or less of at another time is taken out.
 */
export interface ArmRewards {
  readonly name: string;
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** Moves traffic between champion and challengers while it learns which of them does best. */
export interface Allocation<out K extends string> {
  /** `served`: 1 where the assigned variant served, else 0. Or a KPI of the contract, in the direction that it says is better. */
  readonly reward: 'served' | { readonly kpi: K };
  /** Shares change at most this often, in milliseconds. */
  readonly everyMs: number;
  /** After which a reward counts half, and a unit counts again, in milliseconds. @defaultValue 604800000 (7 days) */
  readonly halfLifeMs?: number;
  /** New shares of all arms, which sum to 1. Pure but for `random`, uniform in [0, 1). */
  readonly allocate: (arms: readonly ArmRewards[], random: () => number) => ReadonlyMap<string, number>;
  /** What runs allocations; see `allocation-runner.ts`. */
  readonly '~runner'?: unknown;
  /** What is wrong with its options, told when the model is defined. */
  readonly problems: readonly Problem[];
}
