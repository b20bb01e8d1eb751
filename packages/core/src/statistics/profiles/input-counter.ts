import { BinIndex } from './bin-index.ts';
import type { BinLayout, FieldProfile } from './bin-layout.ts';
import type { NumberReader } from './number-reader.ts';

/** A field by its path, and what it was in the reference. */
export interface CountedField {
  readonly path: readonly string[];
  readonly profile: FieldProfile;
}

/** Comparisons that tell up to 16 segments apart, or up to 32; a field with more is counted by itself. */
const NARROW = 4;
const WIDE = 5;

/**
 * Counts the values of all fields of an object at once; it runs on the call path. Numbers at the top of the object are compared
 * with their breakpoints by a search without branches, which random data would mispredict; what it does for other fields takes
 * some 30 ns each.
 */
export class InputCounter {
  readonly layouts: readonly BinLayout[];
  /** Where the counters of each field begin in a row. */
  readonly offsets: readonly number[];
  /** Counters of a row. */
  readonly width: number;
  readonly #index: BinIndex;
  readonly #fields: readonly CountedField[];
  readonly #narrow: Group;
  readonly #wide: Group;
  /** Fields that are in no group. */
  readonly #single: readonly number[];

  /**
   * @param reader reads the objects that are to be counted
   * @throws UnderstudyError `INPUT_INVALID` or `CONFIGURATION_INVALID` for a profile that cannot be
   */
  constructor(fields: readonly CountedField[], reader: NumberReader) {
    this.#index = new BinIndex(fields.map(({ profile }) => profile));
    this.#fields = fields;
    this.layouts = this.#index.layouts;
    this.offsets = this.layouts.map((_, field) => this.layouts.slice(0, field).reduce((sum, { size }) => sum + size, 0));
    this.width = this.layouts.reduce((sum, { size }) => sum + size, 0);
    const depths = fields.map(({ path }, field) => {
      const segments = this.#index.segments[field]?.length ?? 0;
      return path.length > 1 || segments === 0 || segments > 2 ** WIDE ? 0 : segments <= 2 ** NARROW ? NARROW : WIDE;
    });
    const ofDepth = (depth: number): readonly number[] => [...depths.keys()].filter((field) => depths[field] === depth);
    this.#narrow = this.#group(ofDepth(NARROW), NARROW, reader);
    this.#wide = this.#group(ofDepth(WIDE), WIDE, reader);
    this.#single = ofDepth(0);
  }

  /**
   * Adds one to one counter of each field.
   *
   * @param values what the reader has read of `object`
   * @param row of {@link width} counters
   */
  count(object: unknown, values: Float64Array, row: Uint32Array): void {
    const input = typeof object === 'object' && object !== null ? (object as Readonly<Record<string, unknown>>) : NOTHING;
    if (countNarrow(values, this.#narrow, row) > 0) this.#countOthers(input, values, this.#narrow, row);
    if (this.#wide.fields.length > 0 && countWide(values, this.#wide, row) > 0) this.#countOthers(input, values, this.#wide, row);
    for (let at = 0; at < this.#single.length; at++) {
      const field = this.#single[at] as number;
      this.#add(field, valueAt(input, (this.#fields[field] as CountedField).path), row);
    }
  }

  /** What was NaN in a group: missing, or no number. */
  #countOthers(input: Readonly<Record<string, unknown>>, values: Float64Array, { fields, slots }: Group, row: Uint32Array): void {
    for (let at = 0; at < fields.length; at++) {
      if (!Number.isNaN(values[slots[at] as number])) continue;
      const field = fields[at] as number;
      this.#add(field, valueAt(input, (this.#fields[field] as CountedField).path), row);
    }
  }

  #add(field: number, value: unknown, row: Uint32Array): void {
    const at = (this.offsets[field] as number) + this.#index.counterOf(field, value);
    row[at] = (row[at] as number) + 1;
  }

  #group(fields: readonly number[], depth: number, reader: NumberReader): Group {
    const breakpoints = new Float64Array(fields.length << depth).fill(NaN);
    const counters = new Uint32Array(fields.length << depth);
    for (const [at, field] of fields.entries()) {
      for (const [index, { from, counter }] of (this.#index.segments[field] ?? []).entries()) {
        counters[(at << depth) + index] = (this.offsets[field] ?? 0) + counter;
        if (index > 0) breakpoints[(at << depth) + index - 1] = from;
      }
    }
    const slots = Uint32Array.from(fields, (field) => reader.slotOf(this.#fields[field]?.path[0] ?? ''));
    return { fields, slots, breakpoints, counters };
  }
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

interface Group {
  readonly fields: readonly number[];
  /** Where the reader has the value of each. */
  readonly slots: Uint32Array;
  /** Where the segments of each field begin, but the first, ascending, then NaN. */
  readonly breakpoints: Float64Array;
  /** The counter of each field and segment in a row. */
  readonly counters: Uint32Array;
}

/** @returns how many were NaN, which are not counted */
function countNarrow(values: Float64Array, { slots, breakpoints, counters }: Group, row: Uint32Array): number {
  let others = 0;
  for (let field = 0; field < slots.length; field++) {
    const value = values[slots[field] as number] as number;
    let at = field << 4;
    at |= Number(value >= (breakpoints[at | 7] as number)) << 3;
    at |= Number(value >= (breakpoints[at | 3] as number)) << 2;
    at |= Number(value >= (breakpoints[at | 1] as number)) << 1;
    at |= Number(value >= (breakpoints[at] as number));
    at = counters[at] as number;
    if (value === value) row[at] = (row[at] as number) + 1;
    else others++;
  }
  return others;
}

/** The same with one comparison more. */
function countWide(values: Float64Array, { slots, breakpoints, counters }: Group, row: Uint32Array): number {
  let others = 0;
  for (let field = 0; field < slots.length; field++) {
    const value = values[slots[field] as number] as number;
    let at = field << 5;
    at |= Number(value >= (breakpoints[at | 15] as number)) << 4;
    at |= Number(value >= (breakpoints[at | 7] as number)) << 3;
    at |= Number(value >= (breakpoints[at | 3] as number)) << 2;
    at |= Number(value >= (breakpoints[at | 1] as number)) << 1;
    at |= Number(value >= (breakpoints[at] as number));
    at = counters[at] as number;
    if (value === value) row[at] = (row[at] as number) + 1;
    else others++;
  }
  return others;
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (let at = 0; at < path.length; at++) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[path[at] as string];
  }
  return value;
}
