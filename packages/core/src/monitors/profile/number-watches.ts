import type { NumberReader } from '../../statistics/profiles/number-reader.ts';
import { FIELD_COUNTERS, type FieldWatch } from './field-watch.ts';

const OUT_OF_RANGE = FIELD_COUNTERS.indexOf('outOfRange');

/** Watches all numbers at the top of an input in one pass: what {@link FieldWatch} does, for what they usually are. */
export class NumberWatches {
  readonly #watches: readonly FieldWatch[];
  /** By watch: where the reader has its number, and where its counters begin. */
  readonly #slots: Uint32Array;
  readonly #places: Uint32Array;
  readonly #minimum: Float64Array;
  readonly #maximum: Float64Array;
  readonly #last: Float64Array;
  readonly #alike: Float64Array;

  /** @param places where the counters of each watch begin in a row */
  constructor(watches: readonly FieldWatch[], places: readonly number[], reader: NumberReader) {
    this.#watches = watches;
    this.#slots = Uint32Array.from(watches, ({ name }) => reader.slotOf(name));
    this.#places = Uint32Array.from(places);
    this.#minimum = Float64Array.from(watches, ({ minimum }) => Math.max(minimum, -Number.MAX_VALUE));
    this.#maximum = Float64Array.from(watches, ({ maximum }) => Math.min(maximum, Number.MAX_VALUE));
    this.#last = new Float64Array(watches.length).fill(NaN);
    this.#alike = new Float64Array(watches.length);
  }

  count(input: unknown, values: Float64Array, row: Float64Array): void {
    for (let at = 0; at < this.#slots.length; at++) {
      const value = values[this.#slots[at] as number] as number;
      if (value === this.#last[at]) this.#alike[at] = (this.#alike[at] as number) + 1;
      else if (value === value) {
        this.#last[at] = value;
        this.#alike[at] = 1;
      } else {
        this.#watches[at]?.count(input, row, this.#places[at] as number);
        continue;
      }
      if (value < (this.#minimum[at] as number) || value > (this.#maximum[at] as number)) {
        const counter = (this.#places[at] as number) + OUT_OF_RANGE;
        row[counter] = (row[counter] as number) + 1;
      }
    }
  }

  /** Tells each watch the run of equal numbers that it is in. */
  tell(): void {
    for (const [at, watch] of this.#watches.entries()) watch.ran(this.#last[at] as number, this.#alike[at] as number);
  }
}
