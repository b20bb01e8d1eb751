import { checkFinite, checkOption, checkWithin } from '../argument-checks.ts';
import { checkVersion } from '../sketches/json-version.ts';
import { type Change, changeFrom, noChange } from './change.ts';

/** Options of {@link PageHinkley}. */
export interface PageHinkleyOptions {
  /** The change that does not matter, in the unit of the values: at least 0. @defaultValue 0.005 */
  readonly tolerance?: number;
  /** How far the sum of deviations may leave its extreme, in the unit of the values: above 0. @defaultValue 50 */
  readonly threshold?: number;
  /** Factor on the sum with each value: above 0, at most 1. @defaultValue 0.9999 */
  readonly retention?: number;
  /** Values before a change is reported. @defaultValue 30 */
  readonly minValues?: number;
  /** Which changes are reported. @defaultValue `both` */
  readonly directions?: 'up' | 'down' | 'both';
}

/** A {@link PageHinkley} as JSON. */
export interface PageHinkleyJson extends Required<PageHinkleyOptions> {
  readonly version: 1;
  readonly changed: boolean;
  readonly state: PageHinkleyState;
}

/** What {@link PageHinkley} remembers. */
export interface PageHinkleyState {
  readonly count: number;
  readonly mean: number;
  /** Sum of deviations above the tolerance, and the least it was. */
  readonly rise: number;
  readonly leastRise: number;
  /** Sum of deviations below the tolerance, and the most it was. */
  readonly fall: number;
  readonly mostFall: number;
  /** Values and their mean when {@link leastRise} was. */
  readonly beforeRise: readonly [count: number, mean: number];
  /** Values and their mean when {@link mostFall} was. */
  readonly beforeFall: readonly [count: number, mean: number];
}

const START: PageHinkleyState = {
  count: 0,
  mean: 0,
  rise: 0,
  leastRise: 0,
  fall: 0,
  mostFall: 0,
  beforeRise: [0, 0],
  beforeFall: [0, 0],
};

/**
 * The test of E. Page (1954) and D. Hinkley (1971): sums deviations from the running mean, and says that the mean changed when
 * the sum has left its extreme by the threshold. Constant memory. For values of any unit; the threshold is in that unit.
 */
export class PageHinkley {
  readonly #options: Required<PageHinkleyOptions>;
  #state = START;
  #changed = false;

  /** @throws UnderstudyError `CONFIGURATION_INVALID` for a threshold, `INPUT_INVALID` for another option out of range */
  constructor(options: PageHinkleyOptions = {}) {
    const { tolerance = 0.005, threshold = 50, retention = 0.9999, minValues = 30, directions = 'both' } = options;
    checkWithin(tolerance, 0, Number.MAX_VALUE, 'tolerance');
    checkOption(threshold, 0, Infinity, 'threshold');
    checkWithin(retention, Number.MIN_VALUE, 1, 'retention');
    checkWithin(minValues, 0, Number.MAX_SAFE_INTEGER, 'minValues');
    this.#options = { tolerance, threshold, retention, minValues, directions };
  }

  /** @throws UnderstudyError `INPUT_INVALID` for a value that is not finite */
  add(value: number): Change {
    checkFinite(value, 'value');
    if (this.#changed) this.#state = START;
    this.#changed = false;
    const { tolerance, threshold, retention, minValues, directions } = this.#options;
    const old = this.#state;
    const count = old.count + 1;
    const mean = old.mean + (value - old.mean) / count;
    const rise = retention * old.rise + (value - mean - tolerance);
    const fall = retention * old.fall + (value - mean + tolerance);
    const isLeast = count === 1 || rise < old.leastRise;
    const isMost = count === 1 || fall > old.mostFall;
    const state = {
      count,
      mean,
      rise,
      leastRise: isLeast ? rise : old.leastRise,
      fall,
      mostFall: isMost ? fall : old.mostFall,
      beforeRise: isLeast ? ([count, mean] as const) : old.beforeRise,
      beforeFall: isMost ? ([count, mean] as const) : old.beforeFall,
    };
    this.#state = state;
    if (count < minValues) return noChange(mean);
    const rose = directions !== 'down' && rise - state.leastRise > threshold;
    const fell = directions !== 'up' && state.mostFall - fall > threshold;
    if (!rose && !fell) return noChange(mean);
    this.#changed = true;
    const [before, previousMean] = rose ? state.beforeRise : state.beforeFall;
    return changeFrom(previousMean, (mean * count - previousMean * before) / (count - before), rose ? 'up' : 'down');
  }

  toJSON(): PageHinkleyJson {
    return { version: 1, ...this.#options, changed: this.#changed, state: this.#state };
  }

  /** @throws UnderstudyError for JSON of another version or options out of range */
  static from(json: PageHinkleyJson): PageHinkley {
    checkVersion(json, 'The change detector');
    const detector = new PageHinkley(json);
    detector.#state = json.state;
    detector.#changed = json.changed;
    return detector;
  }
}
