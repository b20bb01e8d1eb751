import { type BinLayout, binLayout, checkProfile, type FieldProfile } from './bin-layout.ts';
import type { NumericProfile } from './numeric-profile.ts';

/** Breakpoints that five comparisons tell apart, one less: enough for the default of 10 bins with any point masses. */
const WIDTH = 32;

/**
 * Finds the counter of a value; it runs on the call path. A numeric value is compared with all its field's breakpoints by a
 * search without branches, which random data would mispredict, over one table of all fields.
 */
export class BinIndex {
  readonly layouts: readonly BinLayout[];
  /** The edges of each numeric field, ascending; none for a categorical one. */
  readonly segments: readonly (readonly CountedSegment[])[];
  /** The numbers of each field, ascending, then NaN. */
  readonly #breakpoints: Float64Array;
  /** For each field and number of breakpoints that are not above the value, the counter. */
  readonly #counters: Uint16Array;
  readonly #categories: readonly (ReadonlyMap<string, number> | undefined)[];
  readonly #missing: Uint16Array;
  readonly #mistyped: Uint16Array;
  /** Binary logarithm of the numbers a field. */
  readonly #bits: number;

  /** @throws UnderstudyError `INPUT_INVALID` or `CONFIGURATION_INVALID` for a profile that cannot be */
  constructor(profiles: readonly FieldProfile[]) {
    for (const profile of profiles) checkProfile(profile);
    this.layouts = profiles.map(binLayout);
    const segments = profiles.map((profile) => (profile.kind === 'numeric' ? segmentsOf(profile) : []));
    this.segments = segments;
    const most = segments.reduce((size, { length }) => Math.max(size, length), WIDTH);
    this.#bits = Math.ceil(Math.log2(most));
    const width = 2 ** this.#bits;
    this.#breakpoints = new Float64Array(profiles.length * width).fill(NaN);
    this.#counters = new Uint16Array(profiles.length * width);
    for (const [field, list] of segments.entries()) {
      for (const [index, { from, counter }] of list.entries()) {
        this.#counters[field * width + index] = counter;
        // The first segment is whatever is below the second.
        if (index > 0) this.#breakpoints[field * width + index - 1] = from;
      }
    }
    this.#categories = profiles.map((profile) =>
      profile.kind === 'categorical' ? new Map(profile.categories.map(({ value }, bin) => [value, bin])) : undefined,
    );
    this.#missing = Uint16Array.from(this.layouts, ({ missing }) => missing);
    this.#mistyped = Uint16Array.from(this.layouts, ({ mistyped }) => mistyped);
  }

  /**
   * The counter of `value` in {@link BinLayout}.
   *
   * @param field position of the field's profile; not checked
   */
  counterOf(field: number, value: unknown): number {
    const categories = this.#categories[field];
    if (categories !== undefined) return this.#categoryCounter(field, categories, value);
    if (typeof value !== 'number') return this.#other(field, value);
    if (Number.isNaN(value)) return this.#missing[field] as number;
    const numbers = this.#breakpoints;
    let at = field << this.#bits;
    for (let half = 1 << (this.#bits - 1); half >= WIDTH; half >>= 1) if (value >= (numbers[at + half - 1] as number)) at += half;
    at |= Number(value >= (numbers[at + 15] as number)) << 4;
    at |= Number(value >= (numbers[at + 7] as number)) << 3;
    at |= Number(value >= (numbers[at + 3] as number)) << 2;
    at |= Number(value >= (numbers[at + 1] as number)) << 1;
    at |= Number(value >= (numbers[at] as number));
    return this.#counters[at] as number;
  }

  #categoryCounter(field: number, categories: ReadonlyMap<string, number>, value: unknown): number {
    const category = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    if (typeof category !== 'string' || Number.isNaN(value)) return this.#other(field, value);
    return categories.get(category) ?? categories.size;
  }

  #other(field: number, value: unknown): number {
    const isMissing = value === null || value === undefined || Number.isNaN(value);
    return (isMissing ? this.#missing : this.#mistyped)[field] as number;
  }
}

/** A part of the line of numbers that is counted together. */
export interface CountedSegment {
  /** Its least value. */
  readonly from: number;
  readonly counter: number;
}

/** The line of numbers cut where the counter changes: a point mass is a segment of one number. */
function segmentsOf(profile: NumericProfile): CountedSegment[] {
  const { below, above, infinite } = binLayout(profile);
  const { min, max, edges, pointMasses, counts } = profile;
  const starts = new Set([-Infinity, -Number.MAX_VALUE, Infinity]);
  if (min !== null && max !== null) {
    starts.add(min);
    starts.add(nextAbove(max));
    for (const edge of edges) starts.add(edge);
  }
  for (const { value } of pointMasses) starts.add(value).add(nextAbove(value));
  const counterOf = (value: number): number => {
    if (!Number.isFinite(value)) return infinite;
    const point = pointMasses.findIndex((mass) => mass.value === value);
    if (point >= 0) return counts.length + point;
    if (min !== null && value < min) return below;
    if (max === null || value > max) return above;
    return edges.filter((edge) => edge <= value).length;
  };
  const segments = [...starts].toSorted((a, b) => a - b).map((from) => ({ from, counter: counterOf(from) }));
  return segments.filter(({ counter }, index) => counter !== segments[index - 1]?.counter);
}

/** The least double above `value`. */
function nextAbove(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  if (value === 0) return Number.MIN_VALUE;
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return view.getFloat64(0);
}
