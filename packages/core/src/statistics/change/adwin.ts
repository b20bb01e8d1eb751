import { checkFinite, checkOption } from '../argument-checks.ts';
import { checkVersion } from '../sketches/json-version.ts';
import { type Change, changeFrom, noChange } from './change.ts';

/** Most buckets of one size: with one more, the two oldest merge. */
const ROW = 5;
/** Fewest values on a side of a cut. */
const MIN_SIDE = 5;
/** No window of at most this many values is cut. */
const GRACE = 10;

/** Sum of the values of a bucket, and of their squared distances from their mean. */
export interface AdwinBucket {
  readonly sum: number;
  readonly squares: number;
}

/** Means of the two sides of a window. */
interface Cut {
  readonly before: number;
  readonly after: number;
}

/** Options of {@link Adwin}. */
export interface AdwinOptions {
  /** Bound on the share of checks that are false alarms: above 0, below 1. @defaultValue 0.002 */
  readonly delta?: number;
  /** Values between two checks, an integer of at least 1. @defaultValue 32 */
  readonly interval?: number;
}

/** An {@link Adwin} as JSON. */
export interface AdwinJson {
  readonly version: 1;
  readonly delta: number;
  readonly interval: number;
  readonly width: number;
  readonly sum: number;
  readonly squares: number;
  readonly seen: number;
  readonly changed: boolean;
  /** Buckets of 1, 2, 4, … values, the oldest of a row first. */
  readonly rows: readonly (readonly AdwinBucket[])[];
}

/**
 * ADWIN (A. Bifet and R. Gavaldà, Learning from Time-Changing Data with Adaptive Windowing, 2007): a window that grows while the
 * mean stays, and that is cut where two sides of it differ by more than chance explains, given the variance. For numbers about
 * as large as 1, such as errors of 0 or 1. Memory is O(log n): at most 5 buckets of each power of two.
 *
 * It finds rises and falls alike: look at `direction`.
 */
export class Adwin {
  readonly #delta: number;
  readonly #interval: number;
  #rows: AdwinBucket[][] = [[]];
  #width = 0;
  #sum = 0;
  #squares = 0;
  #seen = 0;
  #changed = false;

  /** @throws UnderstudyError `CONFIGURATION_INVALID` for an option out of range */
  constructor({ delta = 0.002, interval = 32 }: AdwinOptions = {}) {
    checkOption(delta, 0, 1, 'delta');
    checkOption(interval, 0, Infinity, 'interval');
    this.#delta = delta;
    this.#interval = Math.ceil(interval);
  }

  /** @throws UnderstudyError `INPUT_INVALID` for a value that is not finite */
  add(value: number): Change {
    checkFinite(value, 'value');
    if (this.#changed) this.#restart();
    this.#insert(value);
    this.#seen++;
    const cut = this.#seen % this.#interval === 0 ? this.#shrink() : undefined;
    if (cut === undefined) return noChange(this.#sum / this.#width);
    this.#changed = true;
    return changeFrom(cut.before, cut.after, cut.after > cut.before ? 'up' : 'down');
  }

  toJSON(): AdwinJson {
    return {
      version: 1,
      delta: this.#delta,
      interval: this.#interval,
      width: this.#width,
      sum: this.#sum,
      squares: this.#squares,
      seen: this.#seen,
      changed: this.#changed,
      rows: this.#rows.map((row) => [...row]),
    };
  }

  /** @throws UnderstudyError for JSON of another version or options out of range */
  static from(json: AdwinJson): Adwin {
    checkVersion(json, 'The change detector');
    const detector = new Adwin(json);
    detector.#rows = json.rows.map((row) => [...row]);
    detector.#width = json.width;
    detector.#sum = json.sum;
    detector.#squares = json.squares;
    detector.#seen = json.seen;
    detector.#changed = json.changed;
    return detector;
  }

  #restart(): void {
    this.#rows = [[]];
    this.#width = this.#sum = this.#squares = this.#seen = 0;
    this.#changed = false;
  }

  #insert(value: number): void {
    if (this.#width > 0) this.#squares += ((value - this.#sum / this.#width) ** 2 * this.#width) / (this.#width + 1);
    this.#width++;
    this.#sum += value;
    let added: AdwinBucket | undefined = { sum: value, squares: 0 };
    for (let index = 0; added !== undefined; index++) {
      const row: AdwinBucket[] = (this.#rows[index] ??= []);
      row.push(added);
      const [a, b] = row;
      added = undefined;
      if (row.length <= ROW || a === undefined || b === undefined) continue;
      row.splice(0, 2);
      // Two halves of as many values: half of the squared gap of the means for each
      const gap = (a.sum - b.sum) / 2 ** index;
      added = { sum: a.sum + b.sum, squares: a.squares + b.squares + (gap * gap * 2 ** index) / 2 };
    }
  }

  /** Drops the oldest bucket until no cut is left; the clearest cut of the whole window, if there was one. */
  #shrink(): Cut | undefined {
    const clearest = this.#clearestCut();
    for (let cut = clearest; cut !== undefined; cut = this.#clearestCut()) this.#dropOldest();
    return clearest;
  }

  /** The place where the means of the two sides differ most beyond their bound. */
  #clearestCut(): Cut | undefined {
    if (this.#width <= GRACE) return undefined;
    let clearest: Cut | undefined;
    let most = 1;
    const confidence = Math.log((2 * Math.log(this.#width)) / this.#delta);
    const variance = this.#squares / this.#width;
    let count = 0;
    let sum = 0;
    for (let index = this.#rows.length - 1; index >= 0; index--) {
      for (const bucket of this.#rows[index] ?? []) {
        count += 2 ** index;
        sum += bucket.sum;
        const rest = this.#width - count;
        if (rest < MIN_SIDE) return clearest;
        if (count < MIN_SIDE) continue;
        const inverse = 1 / (count - MIN_SIDE + 1) + 1 / (rest - MIN_SIDE + 1);
        const bound = Math.sqrt(2 * inverse * variance * confidence) + (2 / 3) * confidence * inverse;
        const [before, after] = [sum / count, (this.#sum - sum) / rest];
        const excess = Math.abs(before - after) / bound;
        if (excess <= most) continue;
        most = excess;
        clearest = { before, after };
      }
    }
    return clearest;
  }

  #dropOldest(): void {
    const size = 2 ** (this.#rows.length - 1);
    const oldest = this.#rows.at(-1)?.shift();
    if (oldest === undefined) return;
    if (this.#rows.at(-1)?.length === 0) this.#rows.pop();
    this.#width -= size;
    this.#sum -= oldest.sum;
    const gap = oldest.sum / size - this.#sum / this.#width;
    const share = (size * this.#width) / (size + this.#width);
    this.#squares = Math.max(0, this.#squares - oldest.squares - gap * gap * share);
  }
}
