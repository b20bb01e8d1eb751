import { addToRunningMoments, mergeRunningMoments, NO_RUNNING_MOMENTS, type RunningMoments } from '../sketches/moments.ts';

/** Extreme values that are kept as they are, on either side. */
const MAX_EXTREMES = 256;

/**
 * Moments of a stream from which its extremes can be left out later: those are kept as they are, and the rest is summed without
 * them. Of values that were summed together, one of 1e20 could never be taken out again.
 */
export class BodyMoments {
  #body = NO_RUNNING_MOMENTS;
  /** Ascending: the smallest, and the largest. */
  readonly #lows: number[] = [];
  readonly #highs: number[] = [];

  /** @param value a finite number */
  add(value: number): void {
    const lows = this.#lows;
    const highs = this.#highs;
    if (lows.length < MAX_EXTREMES) return insert(lows, value);
    if (value < (lows[MAX_EXTREMES - 1] as number)) {
      insert(lows, value);
      return this.#addHigh(lows.pop() as number);
    }
    if (highs.length < MAX_EXTREMES || value > (highs[0] as number)) return this.#addHigh(value);
    this.#body = addToRunningMoments(this.#body, value);
  }

  merge(other: BodyMoments): void {
    const before = this.#body;
    this.#body = NO_RUNNING_MOMENTS;
    for (const value of [...other.#lows, ...other.#highs]) this.add(value);
    this.#body = mergeRunningMoments(mergeRunningMoments(before, other.#body), this.#body);
  }

  /** Moments of the values from `low` to `high`; more than 256 beyond on either side count as if they were within. */
  within(low: number, high: number): RunningMoments {
    return [...this.#lows, ...this.#highs]
      .filter((value) => value >= low && value <= high)
      .reduce(addToRunningMoments, this.#body);
  }

  /** Those outside, ascending. */
  beyond(low: number, high: number): number[] {
    return [...this.#lows, ...this.#highs].filter((value) => value < low || value > high);
  }

  #addHigh(value: number): void {
    const highs = this.#highs;
    insert(highs, value);
    if (highs.length > MAX_EXTREMES) this.#body = addToRunningMoments(this.#body, highs.shift() as number);
  }
}

/** Keeps the order. */
function insert(values: number[], value: number): void {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((values[middle] as number) <= value) from = middle + 1;
    else to = middle;
  }
  values.splice(from, 0, value);
}
