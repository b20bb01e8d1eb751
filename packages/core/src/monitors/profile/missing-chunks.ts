import type { MissingShare } from './profile.ts';

const FIRST_SIZE = 50;
const MAX_CHUNKS = 40;

/**
 * Missing values by consecutive parts of equal size of a stream of unknown length: where there would be more than 40 parts, two
 * become one. From 1,000 rows on there are at least 20.
 */
export class MissingChunks {
  #size = FIRST_SIZE;
  #chunks: Uint32Array[] = [];
  #open: Uint32Array;
  #rows = 0;
  #total = 0;
  readonly #missing: Uint32Array;

  constructor(fields: number) {
    this.#open = new Uint32Array(fields);
    this.#missing = new Uint32Array(fields);
  }

  /** Rows of a part. */
  get size(): number {
    return this.#size;
  }

  /** Counts a missing value of the row that {@link endRow} ends. */
  missing(field: number): void {
    this.#open[field] = (this.#open[field] as number) + 1;
    this.#missing[field] = (this.#missing[field] as number) + 1;
  }

  endRow(): void {
    this.#total++;
    if (++this.#rows < this.#size) return;
    this.#chunks.push(this.#open);
    this.#open = new Uint32Array(this.#open.length);
    this.#rows = 0;
    if (this.#chunks.length < MAX_CHUNKS) return;
    this.#size *= 2;
    this.#chunks = Array.from({ length: MAX_CHUNKS / 2 }, (_, at) => {
      const second = this.#chunks[2 * at + 1];
      return (this.#chunks[2 * at] as Uint32Array).map((count, field) => count + (second?.[field] ?? 0));
    });
  }

  /** `undefined` without a row. With less than two whole parts, how much it would move by chance alone, of all rows. */
  share(field: number): MissingShare | undefined {
    if (this.#total === 0) return undefined;
    const shares = this.#chunks.map((chunk) => (chunk[field] ?? 0) / this.#size);
    if (shares.length < 2) {
      const all = (this.#missing[field] ?? 0) / this.#total;
      return { mean: all, sigma: Math.sqrt((all * (1 - all)) / this.#total) };
    }
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const squares = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0);
    return { mean, sigma: Math.sqrt(squares / (shares.length - 1)) };
  }
}
