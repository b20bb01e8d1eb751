/** A column of what one monitor keeps of each decision: numbers take 8 bytes, anything else a reference. */
export class KeptValues {
  readonly #numbers: Float64Array;
  /** Made when there is something else than a number. */
  #others: unknown[] | undefined;

  /** @param size values that are kept */
  constructor(size: number) {
    this.#numbers = new Float64Array(size).fill(NaN);
  }

  put(slot: number, value: unknown): void {
    if (typeof value === 'number') {
      this.#numbers[slot] = value;
      if (this.#others !== undefined) this.#others[slot] = undefined;
      return;
    }
    this.#numbers[slot] = NaN;
    if (value !== undefined) this.#others ??= [];
    if (this.#others !== undefined) this.#others[slot] = value;
  }

  /** NaN that was kept is `undefined`. */
  get(slot: number): unknown {
    const value = this.#numbers[slot] as number;
    return Number.isNaN(value) ? this.#others?.[slot] : value;
  }
}
