/**
 * A map of the newest entries: beyond its size the oldest is forgotten. Forgetting takes the same time whatever the size; taking the
 * first key of a `Map` does not, since its iterator passes over all that was deleted before it.
 */
export class RecentMap<V> {
  readonly #values = new Map<string, V>();
  /** Keys in the order in which they came, a ring. */
  readonly #keys: string[] = [];
  readonly #size: number;
  #next = 0;

  /** @param size entries that are kept: an integer of at least 1 */
  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** Keeps `value`; returns the value that was forgotten for it. A key that is known keeps its place. */
  set(key: string, value: V): V | undefined {
    const values = this.#values;
    const known = values.size;
    values.set(key, value);
    if (values.size === known) return undefined;
    const oldest = this.#keys[this.#next];
    this.#keys[this.#next] = key;
    this.#next = (this.#next + 1) % this.#size;
    if (oldest === undefined) return undefined;
    const forgotten = values.get(oldest);
    values.delete(oldest);
    return forgotten;
  }
}
