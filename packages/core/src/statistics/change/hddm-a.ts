import { checkAlpha, checkWithin } from '../argument-checks.ts';
import { checkVersion } from '../sketches/json-version.ts';
import { type Change, changeFrom, noChange } from './change.ts';

/** How many values there were, and their mean. */
export interface HddmAMean {
  readonly count: number;
  readonly mean: number;
}

const NONE: HddmAMean = { count: 0, mean: 0 };

/** An {@link HddmA} as JSON. */
export interface HddmAJson {
  readonly version: 1;
  readonly alpha: number;
  readonly changed: boolean;
  readonly all: HddmAMean;
  /** The prefix of the stream whose mean is, with its bound, the least. */
  readonly least: HddmAMean;
  /** The prefix whose mean is, less its bound, the most. */
  readonly most: HddmAMean;
}

/**
 * HDDM_A (I. Frías-Blanco and others, Online and Non-Parametric Drift Detection Methods Based on Hoeffding's Bounds, 2015), of
 * both directions: the mean of all values against that of the best prefix of the stream, for values from 0 to 1. Constant memory.
 *
 * It finds rises and falls alike: look at `direction`.
 */
export class HddmA {
  readonly #alpha: number;
  #changed = false;
  #all = NONE;
  #least = NONE;
  #most = NONE;

  /**
   * @param options `alpha`: error probability of one comparison. @defaultValue 0.001
   * @throws UnderstudyError `CONFIGURATION_INVALID` unless it is strictly between 0 and 1
   */
  constructor({ alpha = 0.001 }: { readonly alpha?: number } = {}) {
    checkAlpha(alpha);
    this.#alpha = alpha;
  }

  /** @throws UnderstudyError `INPUT_INVALID` for a value outside 0–1 */
  add(value: number): Change {
    checkWithin(value, 0, 1, 'value');
    if (this.#changed) {
      this.#all = this.#least = this.#most = NONE;
      this.#changed = false;
    }
    const count = this.#all.count + 1;
    this.#all = { count, mean: this.#all.mean + (value - this.#all.mean) / count };
    const { mean } = this.#all;
    const bound = this.#bound(count);
    if (this.#least.count === 0 || this.#least.mean + this.#bound(this.#least.count) >= mean + bound) this.#least = this.#all;
    if (this.#most.count === 0 || this.#most.mean - this.#bound(this.#most.count) <= mean - bound) this.#most = this.#all;
    const rose = this.#differs(this.#least, 1);
    if (!rose && !this.#differs(this.#most, -1)) return noChange(mean);
    this.#changed = true;
    const prefix = rose ? this.#least : this.#most;
    const after = (mean * count - prefix.mean * prefix.count) / (count - prefix.count);
    return changeFrom(prefix.mean, after, rose ? 'up' : 'down');
  }

  toJSON(): HddmAJson {
    return {
      version: 1,
      alpha: this.#alpha,
      changed: this.#changed,
      all: this.#all,
      least: this.#least,
      most: this.#most,
    };
  }

  /** @throws UnderstudyError for JSON of another version or an `alpha` out of range */
  static from(json: HddmAJson): HddmA {
    checkVersion(json, 'The change detector');
    const detector = new HddmA(json);
    detector.#changed = json.changed;
    detector.#all = json.all;
    detector.#least = json.least;
    detector.#most = json.most;
    return detector;
  }

  /** Hoeffding's bound on the distance of a mean of `count` values from the truth. */
  #bound(count: number): number {
    return Math.sqrt(Math.log(1 / this.#alpha) / (2 * count));
  }

  #differs(prefix: HddmAMean, sign: 1 | -1): boolean {
    if (prefix.count === this.#all.count) return false;
    const inverse = 1 / prefix.count - 1 / this.#all.count;
    return sign * (this.#all.mean - prefix.mean) >= Math.sqrt((inverse / 2) * Math.log(2 / this.#alpha));
  }
}
