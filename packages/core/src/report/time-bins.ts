const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Widths that a person reads with ease; each divides the next, so that bins merge without a rest. */
const WIDTHS = [1, 5, 10, 30, 60, 300, 600, 1800]
  .map((seconds) => seconds * 1000)
  .concat(HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY);
/** Beyond a week, each is so much wider than the one before. */
const FURTHER = 4;

/** Sums over time in at most so many bins, whatever the span: when it grows, neighbours merge. Bins start at multiples of their width in UTC. */
export class TimeBins<S> {
  readonly #max: number;
  readonly #empty: () => S;
  readonly #merge: (into: S, from: S) => void;
  #bins = new Map<number, S>();
  #step = 0;
  #first = Infinity;
  #last = -Infinity;

  constructor(max: number, empty: () => S, merge: (into: S, from: S) => void) {
    this.#max = max;
    this.#empty = empty;
    this.#merge = merge;
  }

  /** In milliseconds. */
  get width(): number {
    return WIDTHS[this.#step] ?? 7 * DAY * FURTHER ** (this.#step - WIDTHS.length + 1);
  }

  /** The sums of that time, to be added to. @param at finite */
  at(at: number): S {
    this.#first = Math.min(this.#first, at);
    this.#last = Math.max(this.#last, at);
    while (this.#place(this.#last) - this.#place(this.#first) >= this.#max) this.#widen();
    return this.#bin(this.#place(at));
  }

  /** Bins that were added to, oldest first, each with its start. */
  get entries(): readonly (readonly [at: number, sums: S])[] {
    return [...this.#bins].sort(([a], [b]) => a - b).map(([place, sums]) => [place * this.width, sums]);
  }

  #place(at: number): number {
    return Math.floor(at / this.width);
  }

  #bin(place: number): S {
    let bin = this.#bins.get(place);
    if (bin === undefined) this.#bins.set(place, (bin = this.#empty()));
    return bin;
  }

  #widen(): void {
    const before = this.width;
    this.#step++;
    const narrow = this.#bins;
    this.#bins = new Map();
    for (const [place, sums] of narrow) this.#merge(this.#bin(this.#place(place * before)), sums);
  }
}
