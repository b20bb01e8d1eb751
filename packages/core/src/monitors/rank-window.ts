import type { CounterPart } from '../types/index.ts';

/** Cases with one score, or with scores that lie next to each other, by how many are positive. */
export interface RankBin {
  readonly score: number;
  readonly count: number;
  /** Positives among them; expected ones where they are not known. */
  readonly positives: number;
  /** Variance of how many there are; 0 where they are known. */
  readonly variance: number;
}

interface Bin extends RankBin {
  /** Its largest score. */
  readonly high: number;
}

/** Cases that are ranked, the newest, whatever the window. */
const MAX_CASES = 10_000;
/**
 * Bins that the other processes are told. Each has a hundredth of either class at most, on average, or one score alone, so that pairs
 * within one move the area under the curve by 0.005 at most; by far less, as they lie either way.
 */
const TOLD_BINS = 100;
const FIGURES = ['l', 'h', 'c', 'p', 'v'] as const;

/**
 * The newest cases by the rank of their scores: what depends on the order of scores alone is exact, however they are scaled. In a
 * fleet each process tells quantiles of its own.
 */
export class RankWindow {
  readonly #size: number;
  readonly #scores: number[] = [];
  readonly #positives: number[] = [];
  readonly #variances: number[] = [];
  #next = 0;
  #bins: readonly Bin[] | undefined;
  #others: readonly RankBin[] = [];

  /** @param cases of the window: the newest 10,000 at most */
  constructor(cases: number) {
    this.#size = Math.min(cases, MAX_CASES);
  }

  /** @param positive 1 or 0, or with which probability it is positive */
  add(score: number, positive: number): void {
    this.#scores[this.#next] = score;
    this.#positives[this.#next] = positive;
    this.#variances[this.#next] = positive * (1 - positive);
    this.#next = (this.#next + 1) % this.#size;
    this.#bins = undefined;
  }

  /** By ascending score, with what the other processes told. */
  bins(): readonly RankBin[] {
    const own = this.#own();
    return this.#others.length === 0 ? own : alikeTogether([...own, ...this.#others].sort((a, b) => a.score - b.score));
  }

  /** To be told to the other processes under a name. */
  counters(name: string): Record<string, number> {
    const counters: Record<string, number> = {};
    for (const [at, { score, high, count, positives, variance }] of quantiles(this.#own()).entries())
      for (const [index, value] of [score, high, count, positives, variance].entries())
        if (value !== 0) counters[`${FIGURES[index]}${at}|${name}`] = value;
    return counters;
  }

  merge(parts: readonly Pick<CounterPart, 'counters'>[], name: string): void {
    this.#others = parts.flatMap(({ counters }) =>
      Array.from({ length: TOLD_BINS }, (_, at) => {
        const [low = 0, high = 0, count = 0, positives = 0, variance = 0] = FIGURES.map(
          (figure) => counters[`${figure}${at}|${name}`] ?? 0,
        );
        if (!(count > 0 && positives >= 0 && positives <= count)) return [];
        // Half at either end, which are scores.
        const half = { count: count / 2, positives: positives / 2, variance: variance / 2 };
        return [
          { ...half, score: low },
          { ...half, score: high },
        ];
      }).flat(),
    );
  }

  #own(): readonly Bin[] {
    this.#bins ??= binned(this.#scores, this.#positives, this.#variances);
    return this.#bins;
  }
}

/** One bin a score. */
function binned(scores: readonly number[], positives: readonly number[], variances: readonly number[]): Bin[] {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  const bins: { score: number; high: number; count: number; positives: number; variance: number }[] = [];
  for (const at of order) {
    const score = scores[at] as number;
    let bin = bins.at(-1);
    if (bin?.score !== score) bins.push((bin = { score, high: score, count: 0, positives: 0, variance: 0 }));
    bin.count++;
    bin.positives += positives[at] as number;
    bin.variance += variances[at] as number;
  }
  return bins;
}

/** @param bins by ascending score */
function alikeTogether(bins: readonly RankBin[]): RankBin[] {
  const together: RankBin[] = [];
  for (const bin of bins) {
    const last = together.at(-1);
    if (last?.score === bin.score) together[together.length - 1] = { ...sumOf(last, bin), score: bin.score };
    else together.push(bin);
  }
  return together;
}

const sumOf = (a: RankBin, b: RankBin): Omit<RankBin, 'score'> => ({
  count: a.count + b.count,
  positives: a.positives + b.positives,
  variance: a.variance + b.variance,
});

/** Neighbours together, with an equal share of both classes on average. */
function quantiles(bins: readonly Bin[]): Bin[] {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const positives = bins.reduce((sum, bin) => sum + bin.positives, 0);
  const share = (part: number, whole: number): number => (whole > 0 ? part / whole / 2 : 0);
  const told: Bin[] = [];
  let passed = 0;
  let place = -1;
  for (const bin of bins) {
    const weight = share(bin.positives, positives) + share(bin.count - bin.positives, count - positives);
    const own = Math.min(TOLD_BINS - 1, Math.floor((passed + weight / 2) * TOLD_BINS));
    passed += weight;
    const last = told.at(-1);
    if (last === undefined || own > place) told.push(bin);
    else told[told.length - 1] = { ...sumOf(last, bin), score: last.score, high: bin.score };
    place = own;
  }
  return told;
}
