import type { Allocation } from '../spec/index.ts';
import { thompsonScoreShares, thompsonShares } from '../statistics/thompson.ts';
import { optionProblems } from '../errors/index.ts';
import { startAllocation } from './managed-allocation.ts';

export interface ThompsonAllocationOptions<K extends string> {
  /** What is made as large as possible. @defaultValue 'served': that the assigned variant serves */
  readonly reward?: 'served' | { readonly kpi: K };
  /** Shares change at most this often, in milliseconds. @defaultValue 60000 */
  readonly everyMs?: number;
  /** What every arm keeps, 0–1, so that it can still prove itself. @defaultValue a tenth of an equal share */
  readonly minimumShare?: number;
}

/**
 * Thompson sampling (W. Thompson, 1933): the share of a variant is the probability that it is the best, by what is known so far.
 * Units move when shares change, and each decision carries the probability of its assignment: compare variants with
 * `inversePropensity` of the statistics, not by their plain means.
 */
export function thompson<const K extends string = never>(options: ThompsonAllocationOptions<K> = {}): Allocation<K> {
  const { reward = 'served', everyMs = 60_000, minimumShare } = options;
  const rest = minimumShare === undefined ? {} : { minimumShare };
  return {
    reward,
    everyMs,
    '~engine': startAllocation,
    allocate: (arms, random) =>
      reward === 'served'
        ? thompsonShares(
            arms.map(({ name, count, sum }) => ({ name, successes: sum, failures: count - sum })),
            { random, ...rest },
          )
        : thompsonScoreShares(arms, { random, ...rest }),
    problems: optionProblems(
      [everyMs > 0 && everyMs < Infinity, 'everyMs', 'milliseconds over 0', everyMs],
      [
        minimumShare === undefined || (minimumShare > 0 && minimumShare < 0.5),
        'minimumShare',
        'a fraction over 0 and under an equal share',
        minimumShare,
      ],
    ),
  };
}
