import { checkCount, checkFinite, checkOption, checkWithin } from '../argument-checks.ts';
import { ratio } from './ratio.ts';

/** Sums over ranked lists. Merge by addition. */
export interface RankingSums {
  /** Ranked lists that had something relevant. */
  readonly lists: number;
  /** Ranked lists without anything relevant: nothing can be right in them, and nothing counts them. */
  readonly withoutRelevant: number;
  readonly ndcg: number;
  readonly precision: number;
  readonly averagePrecision: number;
  readonly reciprocalRank: number;
}

export const NO_RANKINGS: RankingSums = {
  lists: 0,
  withoutRelevant: 0,
  ndcg: 0,
  precision: 0,
  averagePrecision: 0,
  reciprocalRank: 0,
};

const discounted = (relevances: readonly number[]): number =>
  relevances.reduce((sum, relevance, index) => sum + relevance / Math.log2(index + 2), 0);

/**
 * One more ranked list. An item is relevant where its relevance is above 0; the gain is the relevance itself (K. Järvelin and
 * J. Kekäläinen, 2002).
 *
 * @param relevances of everything that could have been ranked, in the order of the ranking, each at least 0
 * @param k how many of them the user sees: an integer of at least 1
 * @throws UnderstudyError `INPUT_INVALID` for a relevance, `CONFIGURATION_INVALID` for k
 */
export function addRanking(sums: RankingSums, relevances: readonly number[], k: number): RankingSums {
  checkOption(k, 0, Infinity, 'k');
  checkCount(k, 'k');
  for (const [index, relevance] of relevances.entries()) {
    checkFinite(relevance, `relevances[${index}]`);
    checkWithin(relevance, 0, Infinity, `relevances[${index}]`);
  }
  const relevant = relevances.filter((relevance) => relevance > 0).length;
  if (relevant === 0) return { ...sums, withoutRelevant: sums.withoutRelevant + 1 };
  const seen = relevances.slice(0, k);
  const ideal = relevances.toSorted((a, b) => b - a).slice(0, k);
  let [hits, precisions] = [0, 0];
  for (const [index, relevance] of seen.entries()) if (relevance > 0) precisions += ++hits / (index + 1);
  const first = seen.findIndex((relevance) => relevance > 0);
  return {
    lists: sums.lists + 1,
    withoutRelevant: sums.withoutRelevant,
    ndcg: sums.ndcg + discounted(seen) / discounted(ideal),
    precision: sums.precision + hits / k,
    averagePrecision: sums.averagePrecision + precisions / Math.min(relevant, k),
    reciprocalRank: sums.reciprocalRank + (first < 0 ? 0 : 1 / (first + 1)),
  };
}

/** @throws UnderstudyError `INPUT_INVALID` for sums that cannot be */
export function mergeRankings(a: RankingSums, b: RankingSums): RankingSums {
  for (const sums of [a, b]) {
    checkCount(sums.lists, 'lists');
    checkCount(sums.withoutRelevant, 'withoutRelevant');
    for (const [field, value] of Object.entries(sums)) checkFinite(Number(value), field);
  }
  return {
    lists: a.lists + b.lists,
    withoutRelevant: a.withoutRelevant + b.withoutRelevant,
    ndcg: a.ndcg + b.ndcg,
    precision: a.precision + b.precision,
    averagePrecision: a.averagePrecision + b.averagePrecision,
    reciprocalRank: a.reciprocalRank + b.reciprocalRank,
  };
}

/** Means over the lists with something relevant, each 0..1: null without one. */
export interface RankingMetrics {
  readonly lists: number;
  readonly withoutRelevant: number;
  /** Discounted gain of the first k, relative to the best order. */
  readonly ndcg: number | null;
  /** Share of the first k that is relevant; places that a short list leaves empty count as not relevant. */
  readonly precision: number | null;
  /** Mean average precision of the first k, relative to min(k, relevant items). */
  readonly map: number | null;
  /** Mean of 1/rank of the first relevant item; 0 where it is not among the first k. */
  readonly mrr: number | null;
}

export function rankingMetrics(sums: RankingSums): RankingMetrics {
  const { lists, withoutRelevant } = sums;
  return {
    lists,
    withoutRelevant,
    ndcg: ratio(sums.ndcg, lists),
    precision: ratio(sums.precision, lists),
    map: ratio(sums.averagePrecision, lists),
    mrr: ratio(sums.reciprocalRank, lists),
  };
}
