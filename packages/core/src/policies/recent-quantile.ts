import { DurationHistogram } from './duration-histogram.ts';

/** Older numbers than the last one to two thousand say nothing of the next. */
const TURN = 1000;

/** A quantile of the newest one to two thousand numbers, within 13 %. */
export class RecentQuantile {
  readonly #q: number;
  readonly #unit: number;
  #current = new DurationHistogram();
  #before = new DurationHistogram();
  #value: number | undefined;

  /** @param unit numbers are counted in it: 0.008 to 2,000,000 of it are told apart. @defaultValue 1 */
  constructor(q: number, unit = 1) {
    this.#q = q;
    this.#unit = unit;
  }

  /** `undefined` before the first number. */
  get value(): number | undefined {
    this.#value ??= this.#known();
    return this.#value;
  }

  add(value: number): void {
    if (this.#current.total >= TURN) {
      [this.#before, this.#current] = [this.#current, this.#before];
      this.#current.clear();
    }
    this.#current.add(value / this.#unit);
    this.#value = undefined;
  }

  #known(): number | undefined {
    const of = this.#current.total >= TURN / 10 || this.#before.total === 0 ? this.#current : this.#before;
    return of.total === 0 ? undefined : Math.ceil(of.quantile(this.#q) * this.#unit);
  }
}
