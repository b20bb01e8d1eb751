import type { NumberReader } from '../../statistics/profiles/number-reader.ts';
import type { FieldWatch } from './field-watch.ts';

/** Calls of which each value is compared with the first. */
const BLOCK = 64;

/**
 * Watches all numbers at the top of an input in one pass: what {@link FieldWatch} does, for what they usually are. Fields that
 * became constant are found by blocks of calls, since a field that varies need not be looked at again in its block.
 */
export class NumberWatches {
  readonly #watches: readonly FieldWatch[];
  /** By watch: where the reader has its number, and where its counters begin. */
  readonly #slots: Uint32Array;
  readonly #places: Uint32Array;
  /** Least and largest finite number of each watch in turn. */
  readonly #ranges: Float64Array;
  /** Calls of this block so far. */
  #position = BLOCK;
  /** The first number of each in this block; how many calls before this block had no other; how many calls had none, in all and before the run. */
  readonly #first: Float64Array;
  readonly #run: Float64Array;
  readonly #absent: Float64Array;
  readonly #absentBefore: Float64Array;
  /** Watches that have had no other number in this block. */
  readonly #alike: Uint32Array;
  #alikeCount = 0;

  /** @param places where the counters of each watch begin in a row */
  constructor(watches: readonly FieldWatch[], places: readonly number[], reader: NumberReader) {
    this.#watches = watches;
    this.#slots = Uint32Array.from(watches, ({ name }) => reader.slotOf(name));
    this.#places = Uint32Array.from(places);
    this.#ranges = Float64Array.from(
      watches.flatMap(({ minimum, maximum }) => [Math.max(minimum, -Number.MAX_VALUE), Math.min(maximum, Number.MAX_VALUE)]),
    );
    this.#first = new Float64Array(watches.length).fill(NaN);
    this.#run = new Float64Array(watches.length);
    this.#absent = new Float64Array(watches.length);
    this.#absentBefore = new Float64Array(watches.length);
    this.#alike = new Uint32Array(watches.length);
  }

  count(input: unknown, values: Float64Array, row: Float64Array): void {
    const slots = this.#slots;
    const ranges = this.#ranges;
    for (let at = 0; at < slots.length; at++) {
      const value = values[slots[at] as number] as number;
      if (!(value >= (ranges[2 * at] as number) && value <= (ranges[2 * at + 1] as number)))
        this.#countUnusual(at, value, input, row);
    }
    if (this.#position === BLOCK) this.#begin(values);
    else if (this.#alikeCount > 0) this.#compare(values);
    this.#position++;
  }

  /** Tells each watch how many of its last numbers were alike. */
  tell(): void {
    for (const [at, watch] of this.#watches.entries()) {
      const calls = (this.#run[at] as number) + this.#position;
      const absent = (this.#absent[at] as number) - (this.#absentBefore[at] as number);
      watch.ran(this.#first[at], this.#isAlike(at) ? calls - absent : 1);
    }
  }

  #countUnusual(at: number, value: number, input: unknown, row: Float64Array): void {
    if (Number.isNaN(value)) this.#absent[at] = (this.#absent[at] as number) + 1;
    this.#watches[at]?.count(input, row, this.#places[at] as number);
  }

  #begin(values: Float64Array): void {
    for (let at = 0; at < this.#slots.length; at++) {
      const value = values[this.#slots[at] as number] as number;
      const goesOn = this.#isAlike(at) && (value === this.#first[at] || Number.isNaN(value));
      this.#run[at] = goesOn ? (this.#run[at] as number) + BLOCK : 0;
      if (goesOn) continue;
      this.#first[at] = value;
      this.#absentBefore[at] = (this.#absent[at] as number) - Number(Number.isNaN(value));
    }
    for (let at = 0; at < this.#slots.length; at++) this.#alike[at] = at;
    this.#alikeCount = this.#slots.length;
    this.#position = 0;
  }

  #isAlike(at: number): boolean {
    for (let index = 0; index < this.#alikeCount; index++) if (this.#alike[index] === at) return true;
    return false;
  }

  /** A missing value is not another one. */
  #compare(values: Float64Array): void {
    let left = 0;
    for (let index = 0; index < this.#alikeCount; index++) {
      const at = this.#alike[index] as number;
      const value = values[this.#slots[at] as number] as number;
      if (value === this.#first[at] || Number.isNaN(value)) this.#alike[left++] = at;
    }
    this.#alikeCount = left;
  }
}
