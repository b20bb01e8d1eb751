import { checkAlpha, checkWithin } from '../argument-checks.ts';
import { checkVersion } from '../sketches/json-version.ts';
import { type Change, changeFrom, noChange } from './change.ts';

/** Values without a most distance, and errors without a change. */
const WARM_UP = 30;

/** What an {@link Eddm} remembers. */
export interface EddmState {
  readonly count: number;
  readonly errors: number;
  /** The count at the last error: the sum of the distances between errors. */
  readonly lastError: number;
  /** Sum of the squares of the distances. */
  readonly squares: number;
  /** The most that the mean distance and two standard deviations were, and the values and errors at that time. */
  readonly most: number;
  readonly countAtMost: number;
  readonly errorsAtMost: number;
}

const START: EddmState = { count: 0, errors: 0, lastError: 0, squares: 0, most: 0, countAtMost: 0, errorsAtMost: 0 };

/** An {@link Eddm} as JSON. */
export interface EddmJson {
  readonly version: 1;
  readonly threshold: number;
  readonly changed: boolean;
  readonly state: EddmState;
}

/**
 * EDDM (M. Baena-García and others, Early Drift Detection Method, 2006): says that errors came nearer to one another when the mean
 * distance between them with two standard deviations is less than a share of the most that it was. Rises only; constant memory. The
 * means that it reports are error rates. It looks for the most from 31 values on, as River does, and says nothing in the first 30
 * errors, as the paper has it.
 *
 * In simulation it raises a false alarm in 95 % of unchanged streams: the most is an extreme of noise. The monitors do not use it:
 * take `Adwin` or `HddmA`, and this to compare with a system that has it.
 */
export class Eddm {
  readonly #threshold: number;
  #changed = false;
  #state = START;

  /**
   * @param options.threshold the share, called β in the paper: strictly between 0 and 1. @defaultValue 0.9
   * @throws UnderstudyError `CONFIGURATION_INVALID` otherwise
   */
  constructor({ threshold = 0.9 }: { readonly threshold?: number } = {}) {
    checkAlpha(threshold, 'threshold');
    this.#threshold = threshold;
  }

  /**
   * @param value 1 for an error; any other value is none
   * @throws UnderstudyError `INPUT_INVALID` for a value outside 0–1
   */
  add(value: number): Change {
    checkWithin(value, 0, 1, 'value');
    const old = this.#changed ? START : this.#state;
    this.#changed = false;
    const count = old.count + 1;
    if (value < 1) {
      this.#state = { ...old, count };
      return noChange(old.errors / count);
    }
    const errors = old.errors + 1;
    const squares = old.squares + (count - old.lastError) ** 2;
    const state = { ...old, count, errors, lastError: count, squares };
    this.#state = state;
    if (count <= WARM_UP) return noChange(errors / count);
    const distance = count / errors;
    const variance = errors < 2 ? 0 : Math.max(0, squares - count * distance) / (errors - 1);
    const reach = distance + 2 * Math.sqrt(variance);
    if (reach > old.most) {
      this.#state = { ...state, most: reach, countAtMost: count, errorsAtMost: errors };
      return noChange(errors / count);
    }
    if (errors <= WARM_UP || reach >= this.#threshold * old.most) return noChange(errors / count);
    this.#changed = true;
    return changeFrom(old.errorsAtMost / old.countAtMost, (errors - old.errorsAtMost) / (count - old.countAtMost), 'up');
  }

  toJSON(): EddmJson {
    return { version: 1, threshold: this.#threshold, changed: this.#changed, state: this.#state };
  }

  /** @throws UnderstudyError for JSON of another version or a `threshold` out of range */
  static from(json: EddmJson): Eddm {
    checkVersion(json, 'The change detector');
    const detector = new Eddm(json);
    detector.#changed = json.changed;
    detector.#state = json.state;
    return detector;
  }
}
