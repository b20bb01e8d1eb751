import { checkOptions, type Kind, kind, type Kinds, ms, text } from '../errors/index.ts';
import type { Allocation } from '../types/index.ts';
import { thompsonScoreShares, thompsonShares } from '../statistics/thompson.ts';
import { allocationRunner } from './allocation-runner.ts';

export interface ThompsonAllocationOptions<K extends string> {
  /** What is made as large as possible. @defaultValue 'served': that the assigned variant serves */
  readonly reward?: 'served' | { readonly kpi: K };
  /** Shares change at most this often, in milliseconds. @defaultValue 60000 */
  readonly everyMs?: number;
  /** What every arm keeps, 0–1, so that it can still prove itself. @defaultValue a tenth of an equal share */
  readonly minShare?: number;
  /** After which a reward counts half, and a unit counts again, in milliseconds. @defaultValue 604800000 (7 days) */
  readonly halfLifeMs?: number;
}

const REWARD: Kind = kind(
  (value) => value === 'served' || (typeof value === 'object' && value !== null && text(Reflect.get(value, 'kpi')) === undefined),
  "'served' or { kpi }",
);
const THOMPSON: Kinds<ThompsonAllocationOptions<string>> = {
  reward: REWARD,
  everyMs: ms,
  minShare: kind((value) => typeof value === 'number' && value > 0 && value < 0.5, 'a fraction over 0 and under an equal share'),
  halfLifeMs: ms,
};

/**
 * Thompson sampling (W. Thompson, 1933): the share of a variant is the probability that it is the best, by what is known so far.
 * Variants are compared within blocks of time, so that a rate that falls for all of them is nobody's fault; a unit counts once in a
 * half-life. Units move when shares change, and each decision carries the probability of its assignment: compare variants with
 * `inversePropensity` of the statistics, not by their plain means.
 */
export function thompson<const K extends string = never>(options: ThompsonAllocationOptions<K> = {}): Allocation<K> {
  const defaults = { reward: 'served', everyMs: 60_000 } as const;
  const { settings, problems } = checkOptions<ThompsonAllocationOptions<string>, typeof defaults>(options, THOMPSON, defaults);
  const { everyMs, minShare, halfLifeMs } = settings;
  const reward = settings.reward as 'served' | { readonly kpi: K };
  const rest = minShare === undefined ? {} : { minShare };
  return {
    reward,
    everyMs,
    ...(halfLifeMs === undefined ? {} : { halfLifeMs }),
    '~runner': allocationRunner,
    allocate: (arms, random) =>
      reward === 'served'
        ? thompsonShares(arms.map(goodAndBad), { random, ...rest })
        : thompsonScoreShares(arms.map(whole), { random, ...rest }),
    problems,
  };
}

type Known = Parameters<Allocation<never>['allocate']>[0][number];

/** The same moments of a whole number of rewards. */
function whole({ name, count, sum, sumOfSquares }: Known): Known {
  const units = Math.round(count);
  const scale = count === 0 ? 0 : units / count;
  return { name, count: units, sum: sum * scale, sumOfSquares: sumOfSquares * scale };
}

/** Rewards are worth a fraction of a call where they have aged; a rate that was adjusted may leave 0–1 by a little. */
function goodAndBad({ name, count, sum }: Known): {
  readonly name: string;
  readonly successes: number;
  readonly failures: number;
} {
  const units = Math.round(count);
  const successes = Math.min(Math.max(Math.round(units * (count === 0 ? 0 : sum / count)), 0), units);
  return { name, successes, failures: units - successes };
}
