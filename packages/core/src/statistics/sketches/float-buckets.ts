/** Bits of a double after its exponent; buckets never get coarser than a power of two. */
const MANTISSA_BITS = 52;

/** Numbers nearer to 0 have no exponent of their own: where numbers share buckets they share that of 0, or two of both signs would come to share another. */
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const LARGEST_TINY = 2.225073858507201e-308;

/** Values of one bucket: from `low` to `high`, both included, of one sign. */
export interface FloatCell {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/**
 * Counters of numbers in at most `limit` buckets: each distinct number has its own while there is room, then numbers share one that
 * agree in sign, exponent and so many leading bits that all buckets find room. The resolution follows the data, wherever on the line
 * and however far apart they are: an outlier costs one bucket. What is read depends on what was added alone, so merging is exact.
 */
export class FloatBuckets {
  readonly #limit: number;
  /** By the number of the bucket that is nearest to zero. */
  #counts = new Map<number, number>();
  /** Trailing bits that do not count. */
  #dropped = 0;
  #total = 0;
  /** Whether some number shares the bucket of 0. */
  #hasTiny = false;

  /** @param limit buckets: an integer of at least 1 */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get total(): number {
    return this.#total;
  }

  /** Whether each distinct number has a bucket of its own. */
  get isExact(): boolean {
    return this.#dropped === 0;
  }

  /** @param value a finite number */
  add(value: number, count = 1): void {
    const key = this.#keyOf(value);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    this.#total += count;
    if (this.#counts.size > this.#limit && this.#dropped < MANTISSA_BITS)
      this.#coarsen(droppedFor([...this.#counts.keys()], this.#limit));
  }

  merge(other: FloatBuckets): void {
    if (other.#dropped > this.#dropped) this.#coarsen(other.#dropped);
    this.#hasTiny ||= other.#hasTiny;
    for (const [key, count] of other.#counts) this.add(key, count);
  }

  /** In ascending order. */
  cells(): FloatCell[] {
    const keys = Float64Array.from(this.#counts.keys()).sort();
    return Array.from(keys, (key) => {
      const far = withBits(key, this.#dropped);
      const count = this.#counts.get(key) ?? 0;
      if (key === 0) return { low: this.#hasTiny ? -LARGEST_TINY : 0, high: this.#hasTiny ? LARGEST_TINY : 0, count };
      return key < 0 ? { low: far, high: key, count } : { low: key, high: far, count };
    });
  }

  #keyOf(value: number): number {
    if (this.#dropped === 0 || !isTiny(value)) return withoutBits(value, this.#dropped);
    this.#hasTiny = true;
    return 0;
  }

  #coarsen(dropped: number): void {
    const finer = this.#counts;
    this.#dropped = dropped;
    this.#counts = new Map();
    for (const [key, count] of finer) {
      const coarse = this.#keyOf(key);
      this.#counts.set(coarse, (this.#counts.get(coarse) ?? 0) + count);
    }
  }
}

/** How many bits have to go so that the numbers find room: neighbours share a bucket unless they differ in a bit that stays. */
function droppedFor(numbers: readonly number[], limit: number): number {
  const sorted = Float64Array.from(new Set(numbers.map((number) => (isTiny(number) ? 0 : number)))).sort();
  const differing = new Uint32Array(65);
  for (let at = 1; at < sorted.length; at++) {
    const place = highestDifference(sorted[at - 1] as number, sorted[at] as number);
    differing[place] = (differing[place] ?? 0) + 1;
  }
  let buckets = sorted.length;
  for (let dropped = 1; dropped < MANTISSA_BITS; dropped++) {
    buckets -= differing[dropped - 1] ?? 0;
    if (buckets <= limit) return dropped;
  }
  return MANTISSA_BITS;
}

const isTiny = (value: number): boolean => value !== 0 && Math.abs(value) < SMALLEST_NORMAL;

const double = /* @__PURE__ */ new Float64Array(1);
/** The double's words; which is the higher depends on the machine. */
const words = /* @__PURE__ */ wordsOf(double);
const HIGH = /* @__PURE__ */ highWord();
const LOW = HIGH === 0 ? 1 : 0;

function wordsOf({ buffer }: Float64Array): Uint32Array {
  return new Uint32Array(buffer);
}

function highWord(): 0 | 1 {
  double[0] = 1;
  return words[1] === 0 ? 0 : 1;
}

/** With its lowest bits 0, and without −0. */
function withoutBits(value: number, bits: number): number {
  if (bits === 0) return value + 0;
  double[0] = value;
  words[LOW] = bits >= 32 ? 0 : (words[LOW] as number) & (-1 << bits);
  if (bits > 32) words[HIGH] = (words[HIGH] as number) & (-1 << (bits - 32));
  return double[0] + 0;
}

/** With its lowest bits 1: the number of the same bucket that is farthest from zero. */
function withBits(value: number, bits: number): number {
  if (bits === 0) return value;
  double[0] = value;
  words[LOW] = bits >= 32 ? 0xffffffff : (words[LOW] as number) | ((1 << bits) - 1);
  if (bits > 32) words[HIGH] = (words[HIGH] as number) | ((1 << (bits - 32)) - 1);
  return double[0];
}

/** The place of the highest bit in which two numbers differ: the lowest is 0, the sign 63. */
function highestDifference(a: number, b: number): number {
  double[0] = a;
  const [low, high] = [words[LOW] as number, words[HIGH] as number];
  double[0] = b;
  const [lowBits, highBits] = [low ^ (words[LOW] as number), high ^ (words[HIGH] as number)];
  return highBits !== 0 ? 63 - Math.clz32(highBits) : 31 - Math.clz32(lowBits);
}
