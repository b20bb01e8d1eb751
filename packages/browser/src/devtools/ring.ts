/** The newest so many of what was added: adding costs the same, however much has come. */
export class Ring<T> {
  readonly #slots: T[] = [];
  readonly #size: number;
  #added = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** How many were ever added. */
  get added(): number {
    return this.#added;
  }

  add(item: T): void {
    this.#slots[this.#added % this.#size] = item;
    this.#added++;
  }

  clear(): void {
    this.#slots.length = 0;
    this.#added = 0;
  }

  /** Those that are left, the newest first. */
  newest(): T[] {
    const end = this.#added % this.#size;
    return [...this.#slots.slice(end), ...this.#slots.slice(0, end)].toReversed();
  }
}
