import type { FieldReference } from './field-reference.ts';

/**
 * One bet against "the mean of this score is where the reference has it": what a case in each bin multiplies the stake by. The mean
 * of that over any distribution within the tolerance is 1 at most.
 */
export interface BinBet {
  /** What moved, for people: `rank`, `spread`, or the place of a bin. */
  readonly score: 'rank' | 'spread' | number;
  readonly up: boolean;
  /** Where the mean of the score is in the reference, and beyond which it has moved. */
  readonly usual: number;
  readonly limit: number;
  /** The score of each bin in 0..1, and by alternative the logarithm of its factor. */
  readonly scores: Float64Array;
  readonly logFactors: readonly Float64Array[];
}

/** How much of the largest stake is bet on a score: small shifts need small bets. */
const STAKES = [0.15, 0.35, 0.7] as const;
/** What the odds of a bin are taken to be, relative to those at the limit. */
const ODDS_RATIOS = [1.3, 3, 10] as const;
/** Bins that are watched one by one: the largest. */
const MAX_BINS = 30;

/**
 * How far means may move before it counts: of ranks by about a tenth of a standard deviation of the values, of the share of a bin by
 * a quarter of it and a thousandth at least; and by what the reference leaves open.
 */
const TOLERANCES = { rank: 0.03, spread: 0.04, share: 0.25, min: 0.001 } as const;
/** Standard errors of the reference that it leaves open. */
const ERRORS = 3;

/** All bets on the bins of a field; none where the reference has fewer than two. */
export function binBets({ counts, total, positions }: FieldReference): BinBet[] {
  if (total === 0 || counts.length < 2) return [];
  const shares = counts.map((count) => count / total);
  const bets: BinBet[] = [];
  if (positions !== undefined) {
    const ranks = ranksOf(shares, positions);
    bets.push(...scoreBets('rank', ranks, shares, total, TOLERANCES.rank));
    const spreads = ranks.map((rank) => Math.abs(2 * rank - 1));
    bets.push(...scoreBets('spread', spreads, shares, total, TOLERANCES.spread));
  }
  const largest = [...shares.keys()].sort((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0)).slice(0, MAX_BINS);
  // What the reference never had is the first to look at.
  const watched = new Set([...largest, ...(positions === undefined ? [shares.length - 1] : [])]);
  for (const bin of watched) bets.push(...shareBets(bin, shares, total));
  return bets;
}

/** The share of the reference below the middle of each bin. */
function ranksOf(shares: readonly number[], positions: readonly number[]): number[] {
  const order = [...shares.keys()].sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  const ranks = shares.map(() => 0);
  let below = 0;
  for (const bin of order) {
    ranks[bin] = below + (shares[bin] ?? 0) / 2;
    below += shares[bin] ?? 0;
  }
  return ranks;
}

function scoreBets(
  score: 'rank' | 'spread',
  scores: readonly number[],
  shares: readonly number[],
  total: number,
  min: number,
): BinBet[] {
  const usual = scores.reduce((sum, one, bin) => sum + one * (shares[bin] ?? 0), 0);
  const variance = scores.reduce((sum, one, bin) => sum + (one - usual) ** 2 * (shares[bin] ?? 0), 0);
  const reach = Math.max(min, ERRORS * Math.sqrt(variance / total));
  return [true, false].flatMap((up): BinBet[] => {
    const limit = up ? usual + reach : usual - reach;
    if (limit <= 0 || limit >= 1) return [];
    const side = up ? 1 : -1;
    // A stake of 1 would lose all on the worst score.
    const max = 1 / (up ? limit : 1 - limit);
    const logFactors = STAKES.map((stake) => Float64Array.from(scores, (one) => Math.log1p(side * stake * max * (one - limit))));
    return [{ score, up, usual, limit, scores: Float64Array.from(scores), logFactors }];
  });
}

function shareBets(bin: number, shares: readonly number[], total: number): BinBet[] {
  const usual = shares[bin] ?? 0;
  const open = Math.max(ERRORS * Math.sqrt((usual * (1 - usual)) / total), ERRORS / total);
  const reach = Math.max(TOLERANCES.min, TOLERANCES.share * usual, open);
  return [true, false].flatMap((up): BinBet[] => {
    const limit = up ? usual + reach : usual - reach;
    if (limit <= 0 || limit >= 1) return [];
    const logFactors = ODDS_RATIOS.map((ratio) => {
      const odds = (limit / (1 - limit)) * (up ? ratio : 1 / ratio);
      const share = odds / (1 + odds);
      const [inside, outside] = [Math.log(share / limit), Math.log((1 - share) / (1 - limit))];
      return Float64Array.from(shares.keys(), (at) => (at === bin ? inside : outside));
    });
    return [{ score: bin, up, usual, limit, scores: Float64Array.from(shares.keys(), (at) => Number(at === bin)), logFactors }];
  });
}
