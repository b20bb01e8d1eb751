import type { ArmRewards, CounterPart } from '../types/index.ts';
import { solveSymmetric } from '../statistics/shapley/solve-symmetric.ts';

interface Sums {
  count: number;
  sum: number;
  sumOfSquares: number;
}

/** Rewards of an arm that a block needs before it can be compared with the others in it. */
const PER_ARM = 30;
/** When they were counted, so that whoever reads them knows how old they are. */
const STAMP = '@';

/**
 * Rewards of one process, compared within blocks of time: were they pooled, an arm whose share was large while the rate of all arms was
 * high would look good. What is kept is what least squares needs for a model of one level a block and one effect an arm, with older
 * blocks counting ever less.
 */
export class RewardBlocks {
  readonly #names: readonly string[];
  readonly #leastMs: number;
  readonly #halfLifeMs: number;
  /** Σ over closed blocks: n, Σ rewards and Σ rewards², by arm. */
  #count: number[];
  #sum: number[];
  #squares: number[];
  /** Σ n_i n_j / n over pairs of arms, and Σ (rewards − n_i × mean of the block), by arm. */
  #shared: number[][];
  #score: number[];
  #agedAt = Number.NEGATIVE_INFINITY;
  #open: Sums[];
  #openedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param leastMs a block lasts at least this long, in milliseconds
   * @param halfLifeMs after which a reward counts half, in milliseconds
   */
  constructor(names: readonly string[], leastMs: number, halfLifeMs: number) {
    this.#names = names;
    this.#leastMs = leastMs;
    this.#halfLifeMs = halfLifeMs;
    const none = (): number[] => names.map(() => 0);
    [this.#count, this.#sum, this.#squares, this.#score] = [none(), none(), none(), none()];
    this.#shared = names.map(none);
    this.#open = names.map(() => ({ count: 0, sum: 0, sumOfSquares: 0 }));
  }

  /** @param at milliseconds since the Unix epoch */
  add(name: string, reward: number, at: number): void {
    // One whose square is no number would end the count.
    if (!this.#names.includes(name) || !Number.isFinite(reward * reward)) return;
    const rewards = this.#open.reduce((all, { count }) => all + count, 0);
    const isFull = rewards >= PER_ARM * this.#names.length && at - this.#openedAt >= this.#leastMs;
    if (isFull) this.#close(at);
    if (isFull || rewards === 0) this.#openedAt = at;
    const arm = this.#open[this.#names.indexOf(name)];
    if (arm === undefined) return;
    arm.count++;
    arm.sum += reward;
    arm.sumOfSquares += reward * reward;
  }

  /** Everything so far, the open block too, as numbers that add up over processes once they are of one age. */
  counters(at: number): Record<string, number> {
    const copy = new RewardBlocks(this.#names, this.#leastMs, this.#halfLifeMs);
    [copy.#count, copy.#sum, copy.#squares, copy.#score] = [
      [...this.#count],
      [...this.#sum],
      [...this.#squares],
      [...this.#score],
    ];
    copy.#shared = this.#shared.map((row) => [...row]);
    [copy.#agedAt, copy.#open] = [this.#agedAt, this.#open];
    copy.#close(at);
    const counters: Record<string, number> = { [STAMP]: at };
    for (const [i, name] of this.#names.entries()) {
      counters[`${name}|count`] = copy.#count[i] ?? 0;
      counters[`${name}|sum`] = copy.#sum[i] ?? 0;
      counters[`${name}|sumOfSquares`] = copy.#squares[i] ?? 0;
      counters[`${name}|score`] = copy.#score[i] ?? 0;
      for (let j = i + 1; j < this.#names.length; j++) counters[`${name}|with ${j}`] = copy.#shared[i]?.[j] ?? 0;
    }
    return counters;
  }

  #close(at: number): void {
    const fade = Number.isFinite(this.#agedAt) ? 2 ** (-Math.max(0, at - this.#agedAt) / this.#halfLifeMs) : 1;
    this.#agedAt = Math.max(at, this.#agedAt);
    const open = this.#open;
    const count = open.reduce((all, arm) => all + arm.count, 0);
    const mean = count === 0 ? 0 : open.reduce((all, arm) => all + arm.sum, 0) / count;
    const faded = (values: readonly number[], more: (arm: Sums) => number): number[] =>
      values.map((value, i) => fade * value + (open[i] === undefined ? 0 : more(open[i])));
    this.#count = faded(this.#count, (arm) => arm.count);
    this.#sum = faded(this.#sum, (arm) => arm.sum);
    this.#squares = faded(this.#squares, (arm) => arm.sumOfSquares);
    this.#score = faded(this.#score, (arm) => arm.sum - arm.count * mean);
    this.#shared = this.#shared.map((row, i) =>
      faded(row, (arm) => (count === 0 ? 0 : ((open[i]?.count ?? 0) * arm.count) / count)),
    );
    this.#open = this.#names.map(() => ({ count: 0, sum: 0, sumOfSquares: 0 }));
  }
}

/**
 * What all processes know of the arms: as many rewards as their differences are known from, with the mean that each would have had over
 * the time of all.
 *
 * @param now milliseconds since the Unix epoch
 */
export function rewardsOf(
  parts: readonly CounterPart[],
  names: readonly string[],
  halfLifeMs: number,
  now: number,
): readonly ArmRewards[] {
  const total = (name: string, field: string): number =>
    parts.reduce((all, { counters }) => {
      const age = Math.max(0, now - (counters[STAMP] ?? now));
      return all + 2 ** (-age / halfLifeMs) * (counters[`${name}|${field}`] ?? 0);
    }, 0);
  const [count, sum, squares, score] = ['count', 'sum', 'sumOfSquares', 'score'].map((field) =>
    names.map((name) => total(name, field)),
  );
  const shared = names.map((name, i) => names.map((_, j) => (j > i ? total(name, `with ${j}`) : 0)));
  const sharedBy = (i: number, j: number): number => shared[Math.min(i, j)]?.[Math.max(i, j)] ?? 0;
  const all = (count ?? []).reduce((a, b) => a + b, 0);
  const level = all === 0 ? 0 : (sum ?? []).reduce((a, b) => a + b, 0) / all;
  const share = names.map((_, i) => (all === 0 ? 0 : (count?.[i] ?? 0) / all));
  const linked = names.map((_, i) => names.reduce((a, __, j) => (j === i ? a : a + sharedBy(i, j)), 0));
  // One more equation, that effects are about the level of all, makes the others solvable; a trace of a ridge, arms without rewards.
  const ridge = 1e-9 * (1 + all);
  const matrix = names.map((_, i) =>
    names.map((__, j) => (i === j ? (linked[i] ?? 0) + ridge : -sharedBy(i, j)) + all * (share[i] ?? 0) * (share[j] ?? 0)),
  );
  const effects = solveSymmetric(matrix, score ?? []);
  return names.map((name, i) => {
    const own = count?.[i] ?? 0;
    const others = 1 - (share[i] ?? 0);
    // By itself it is compared with nothing.
    const known = others <= 0 ? own : Math.min(own, (linked[i] ?? 0) / others);
    const mean = level + (effects[i] ?? 0);
    const variance = own === 0 ? 0 : Math.max(0, (squares?.[i] ?? 0) / own - ((sum?.[i] ?? 0) / own) ** 2);
    return { name, count: known, sum: known * mean, sumOfSquares: known * (variance + mean * mean) };
  });
}
