import { problemsError } from '../../errors/index.ts';
import { checkCount, checkOption, checkWithin } from '../argument-checks.ts';
import { checkVersion } from './json-version.ts';
import { LogBuckets } from './log-buckets.ts';

/** Options of {@link QuantileSketch}. */
export interface QuantileSketchOptions {
  /** Largest |estimate − value| / |value|: above 0, below 1. @defaultValue 0.01 */
  readonly relativeError?: number;
  /** Most buckets of positive, and of negative values: an integer of at least 1. At 1 %, 2048 span 17 decades. @defaultValue 2048 */
  readonly maxBuckets?: number;
}

/** A {@link QuantileSketch} as JSON; buckets are [key, count]. */
export interface QuantileSketchJson {
  readonly version: 1;
  readonly relativeError: number;
  readonly maxBuckets: number;
  readonly positive: readonly (readonly [key: number, count: number])[];
  readonly negative: readonly (readonly [key: number, count: number])[];
  readonly zero: number;
  /** null beyond the range of a double. */
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly nan: number;
  readonly positiveInfinity: number;
  readonly negativeInfinity: number;
}

/** The values of a bucket: from `low` up to `high`, of one sign. */
export interface SketchCell {
  readonly sign: -1 | 0 | 1;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/**
 * Quantiles of a stream within a relative error, in bounded memory: the logarithmic buckets of DDSketch (C. Masson, J. Rim and
 * H. Lee, 2019). A value x > 0 is in bucket k = ⌈log_γ x⌉ with γ = (1 + α)/(1 − α), which says 2γ^k/(γ + 1); negative values
 * have buckets of their own, by |x|.
 *
 * The bound holds while the values of a sign span at most `maxBuckets` buckets. Beyond, the values nearest to zero collapse into
 * the lowest bucket of their sign: quantiles there are off by at most that bucket's end, all others keep the bound.
 * Merging is exact: two sketches merge to what one sketch of both streams had been (the sum but for rounding).
 */
export class QuantileSketch {
  readonly relativeError: number;
  readonly maxBuckets: number;
  readonly #logGamma: number;
  /** ln(2/(γ + 1)): from the end of a bucket to what it says. */
  readonly #logMiddle: number;
  readonly #positive: LogBuckets;
  readonly #negative: LogBuckets;
  #zero = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;
  #nan = 0;
  #positiveInfinity = 0;
  #negativeInfinity = 0;

  /** @throws UnderstudyError `CONFIGURATION_INVALID` for an option out of range */
  constructor({ relativeError = 0.01, maxBuckets = 2048 }: QuantileSketchOptions = {}) {
    checkOption(relativeError, 0, 1, 'relativeError');
    checkOption(maxBuckets, 0, Infinity, 'maxBuckets');
    this.relativeError = relativeError;
    this.maxBuckets = Math.ceil(maxBuckets);
    this.#logGamma = Math.log((1 + relativeError) / (1 - relativeError));
    this.#logMiddle = Math.log1p(-relativeError);
    this.#positive = new LogBuckets(this.maxBuckets);
    this.#negative = new LogBuckets(this.maxBuckets);
  }

  /** Finite values. */
  get count(): number {
    return this.#positive.total + this.#negative.total + this.#zero;
  }

  /** The sum of the finite values; null beyond the range of a double. */
  get sum(): number | null {
    return Number.isFinite(this.#sum) ? this.#sum : null;
  }

  /** Values that were 0, exactly. */
  get zero(): number {
    return this.#zero;
  }

  /** The smallest finite value, exactly; null without one. */
  get min(): number | null {
    return this.count === 0 ? null : this.#min;
  }

  /** The largest finite value, exactly; null without one. */
  get max(): number | null {
    return this.count === 0 ? null : this.#max;
  }

  /** Values that were NaN: in no quantile. */
  get nan(): number {
    return this.#nan;
  }

  /** Values that were ∞: in no quantile. */
  get positiveInfinity(): number {
    return this.#positiveInfinity;
  }

  /** Values that were −∞: in no quantile. */
  get negativeInfinity(): number {
    return this.#negativeInfinity;
  }

  add(value: number): void {
    if (value > 0) {
      if (value === Infinity) return void this.#positiveInfinity++;
      this.#positive.add(this.#keyOf(value), 1);
    } else if (value < 0) {
      if (value === -Infinity) return void this.#negativeInfinity++;
      this.#negative.add(this.#keyOf(-value), 1);
    } else if (value === 0) this.#zero++;
    else return void this.#nan++;
    this.#sum += value;
    // JSON has no −0.
    if (value < this.#min) this.#min = value + 0;
    if (value > this.#max) this.#max = value + 0;
  }

  /**
   * An estimate of the value at position ⌊q (n − 1)⌋ of the n finite values in ascending order; null without one.
   *
   * @param q 0–1
   * @throws UnderstudyError `INPUT_INVALID` for a `q` outside
   */
  quantile(q: number): number | null {
    checkWithin(q, 0, 1, 'q');
    if (this.count === 0) return null;
    let left = Math.floor(q * (this.count - 1));
    for (const [key, count] of this.#negative.entries().toReversed())
      if ((left -= count) < 0) return this.#within(-this.#middle(key));
    if ((left -= this.#zero) < 0) return 0;
    for (const [key, count] of this.#positive.entries()) if ((left -= count) < 0) return this.#within(this.#middle(key));
    return this.#max;
  }

  /** The buckets with values, from the lowest values up. */
  cells(): SketchCell[] {
    // The lowest bucket that may be holds all that collapsed.
    const near = (key: number, { lowest }: LogBuckets): number => (key <= lowest ? 0 : this.#end(key - 1));
    const negative = this.#negative.entries().toReversed();
    return [
      ...negative.map(([key, count]) => ({ sign: -1 as const, low: -this.#end(key), high: -near(key, this.#negative), count })),
      ...(this.#zero > 0 ? [{ sign: 0 as const, low: 0, high: 0, count: this.#zero }] : []),
      ...this.#positive
        .entries()
        .map(([key, count]) => ({ sign: 1 as const, low: near(key, this.#positive), high: this.#end(key), count })),
    ];
  }

  /**
   * Adds the values of another sketch.
   *
   * @throws UnderstudyError `CONFIGURATION_INVALID` if it has another relative error or number of buckets
   */
  merge(other: QuantileSketch): void {
    for (const field of ['relativeError', 'maxBuckets'] as const) {
      if (other[field] === this[field]) continue;
      const message = `expected ${this[field]}, got ${other[field]}: only sketches of the same layout merge`;
      throw problemsError('CONFIGURATION_INVALID', 'The quantile sketch', [{ path: field, message }]);
    }
    this.#absorb(other.toJSON());
  }

  toJSON(): QuantileSketchJson {
    return {
      version: 1,
      relativeError: this.relativeError,
      maxBuckets: this.maxBuckets,
      positive: this.#positive.entries(),
      negative: this.#negative.entries(),
      zero: this.#zero,
      sum: this.sum,
      min: this.min,
      max: this.max,
      nan: this.#nan,
      positiveInfinity: this.#positiveInfinity,
      negativeInfinity: this.#negativeInfinity,
    };
  }

  /** @throws UnderstudyError for JSON of another version, options out of range or counts that are none */
  static from(json: QuantileSketchJson): QuantileSketch {
    checkVersion(json, 'The quantile sketch');
    const sketch = new QuantileSketch(json);
    sketch.#absorb(json);
    return sketch;
  }

  #absorb(json: QuantileSketchJson): void {
    for (const field of ['zero', 'nan', 'positiveInfinity', 'negativeInfinity'] as const) checkCount(json[field], field);
    for (const [key, count] of [...json.positive, ...json.negative]) checkCount(count, `count of bucket ${key}`);
    for (const [key, count] of json.positive) this.#positive.add(key, count);
    for (const [key, count] of json.negative) this.#negative.add(key, count);
    this.#zero += json.zero;
    this.#sum += json.sum ?? NaN;
    this.#min = Math.min(this.#min, json.min ?? Infinity);
    this.#max = Math.max(this.#max, json.max ?? -Infinity);
    this.#nan += json.nan;
    this.#positiveInfinity += json.positiveInfinity;
    this.#negativeInfinity += json.negativeInfinity;
  }

  #keyOf(magnitude: number): number {
    return Math.ceil(Math.log(magnitude) / this.#logGamma);
  }

  #end(key: number): number {
    return Math.exp(key * this.#logGamma);
  }

  /** Never overflows, unlike γ^k itself. */
  #middle(key: number): number {
    return Math.exp(key * this.#logGamma + this.#logMiddle);
  }

  #within(value: number): number {
    return Math.min(this.#max, Math.max(this.#min, value));
  }
}
