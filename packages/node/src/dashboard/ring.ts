/** The newest so many of what is put in. */
export class Ring<T> {
  readonly #slots: T[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(item: T): void {
    this.#slots[this.#next] = item;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Leaves items out; answers how many. */
  drop(isDropped: (item: T) => boolean): number {
    const left = this.newest()
      .filter((item) => !isDropped(item))
      .toReversed();
    const dropped = this.#slots.length - left.length;
    this.#slots.splice(0, Infinity, ...left);
    this.#next = left.length % this.#capacity;
    return dropped;
  }

  /** The newest first. */
  newest(): T[] {
    const { length } = this.#slots;
    return Array.from({ length }, (_, back) => this.#slots[(this.#next - 1 - back + 2 * length) % length] as T);
  }
}
