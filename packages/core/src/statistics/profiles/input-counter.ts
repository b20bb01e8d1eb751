import { BinIndex, type CountedSegment } from './bin-index.ts';
import type { BinLayout, FieldProfile } from './bin-layout.ts';
import { type NumberReader, numberReader, READER_BLOCK, READER_WIDTH } from './number-reader.ts';

/** A field by its path, and what it was in the reference. */
export interface CountedField {
  readonly path: readonly string[];
  readonly profile: FieldProfile;
}

/** Comparisons that tell up to 16 segments apart, or up to 32; a field with more is counted by itself. */
const NARROW = 4;
const WIDE = 5;

/**
 * Counts the values of all fields of an object at once; it runs on the call path. Numbers at the top of the object are read in
 * groups of 32 and compared with their breakpoints by a search without branches, which random data would mispredict; what it does
 * for other fields takes some 30 ns each.
 */
export class InputCounter {
  readonly layouts: readonly BinLayout[];
  /** Where the counters of each field begin in a row. */
  readonly offsets: readonly number[];
  /** Counters of a row. */
  readonly width: number;
  readonly #index: BinIndex;
  readonly #fields: readonly CountedField[];
  readonly #groups: readonly Group[];
  /** Fields that are in no group. */
  readonly #single: readonly number[];
  readonly #values = new Float64Array(READER_WIDTH);

  /** @throws UnderstudyError `INPUT_INVALID` or `CONFIGURATION_INVALID` for a profile that cannot be */
  constructor(fields: readonly CountedField[]) {
    this.#index = new BinIndex(fields.map(({ profile }) => profile));
    this.#fields = fields;
    this.layouts = this.#index.layouts;
    this.offsets = this.layouts.map((_, field) => this.layouts.slice(0, field).reduce((sum, { size }) => sum + size, 0));
    this.width = this.layouts.reduce((sum, { size }) => sum + size, 0);
    const grouped = [...fields.keys()].filter((field) => {
      const segments = this.#index.segments[field]?.length ?? 0;
      return fields[field]?.path.length === 1 && segments > 0 && segments <= 2 ** WIDE;
    });
    this.#single = [...fields.keys()].filter((field) => !grouped.includes(field));
    this.#groups = Array.from({ length: Math.ceil(grouped.length / READER_WIDTH) }, (_, at) =>
      this.#group(grouped.slice(at * READER_WIDTH, (at + 1) * READER_WIDTH)),
    );
  }

  /** Adds one to one counter of each field. @param row of {@link width} counters */
  count(object: unknown, row: Uint32Array): void {
    if (typeof object !== 'object' || object === null) {
      for (let field = 0; field < this.#fields.length; field++) this.#add(field, undefined, row);
      return;
    }
    const input = object as Readonly<Record<string, unknown>>;
    const values = this.#values;
    for (let at = 0; at < this.#groups.length; at++) {
      const group = this.#groups[at] as Group;
      group.read(input, group.keys, values);
      const others = group.depth === WIDE ? countWide(values, group, row) : countNarrow(values, group, row);
      if (others > 0) this.#countOthers(input, group, row);
    }
    for (let at = 0; at < this.#single.length; at++) {
      const field = this.#single[at] as number;
      const { path } = this.#fields[field] as CountedField;
      this.#add(field, path.length === 1 ? input[path[0] as string] : valueAt(input, path), row);
    }
  }

  /** What was NaN in a group: missing, or no number. */
  #countOthers(input: Readonly<Record<string, unknown>>, { fields, keys }: Group, row: Uint32Array): void {
    for (let at = 0; at < fields.length; at++)
      if (Number.isNaN(this.#values[at])) this.#add(fields[at] as number, input[keys[at] as string], row);
  }

  #add(field: number, value: unknown, row: Uint32Array): void {
    const at = (this.offsets[field] as number) + this.#index.counterOf(field, value);
    row[at] = (row[at] as number) + 1;
  }

  #group(fields: readonly number[]): Group {
    const segments = fields.map((field) => this.#index.segments[field] as readonly CountedSegment[]);
    const depth = segments.every(({ length }) => length <= 2 ** NARROW) ? NARROW : WIDE;
    const breakpoints = new Float64Array(fields.length << depth).fill(NaN);
    const counters = new Uint32Array(fields.length << depth);
    for (const [at, list] of segments.entries()) {
      for (const [index, { from, counter }] of list.entries()) {
        counters[(at << depth) + index] = (this.offsets[fields[at] ?? 0] ?? 0) + counter;
        if (index > 0) breakpoints[(at << depth) + index - 1] = from;
      }
    }
    const names = fields.map((field) => this.#fields[field]?.path[0] as string);
    const keys = Array.from({ length: Math.ceil(names.length / READER_BLOCK) * READER_BLOCK }, (_, at) => names[at] ?? '');
    return { fields, keys, depth, breakpoints, counters, read: numberReader(keys) };
  }
}

interface Group {
  readonly fields: readonly number[];
  /** Whole blocks of a reader: those beyond the fields are empty. */
  readonly keys: readonly string[];
  readonly depth: number;
  /** Of each field, where its segments begin but the first, ascending, then NaN. */
  readonly breakpoints: Float64Array;
  /** Of each field and segment, its counter in a row. */
  readonly counters: Uint32Array;
  readonly read: NumberReader;
}

/** @returns how many were NaN, which are not counted */
function countNarrow(values: Float64Array, { fields, breakpoints, counters }: Group, row: Uint32Array): number {
  const size = fields.length;
  let others = 0;
  for (let field = 0; field < size; field++) {
    const value = values[field] as number;
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
function countWide(values: Float64Array, { fields, breakpoints, counters }: Group, row: Uint32Array): number {
  const size = fields.length;
  let others = 0;
  for (let field = 0; field < size; field++) {
    const value = values[field] as number;
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
