/** Who wants to hear of which document. `begin` is called when the first comes, `end` when the last has gone. */
export class Watchers {
  readonly #byKey = new Map<string, Set<{ readonly changed: () => void }>>();
  readonly #begin: () => void;
  readonly #end: () => void;

  constructor(begin: () => void, end: () => void) {
    this.#begin = begin;
    this.#end = end;
  }

  get keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  /** Answers what ends it. */
  add(key: string, changed: () => void): () => void {
    const watcher = { changed };
    const begins = this.#byKey.size === 0;
    this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(watcher));
    if (begins) this.#begin();
    return () => {
      const set = this.#byKey.get(key);
      if (set?.delete(watcher) !== true || set.size > 0) return;
      this.#byKey.delete(key);
      if (this.#byKey.size === 0) this.#end();
    };
  }

  tell(key: string): void {
    for (const { changed } of this.#byKey.get(key) ?? []) changed();
  }

  /** For a connection that is there, or there again: changes may have been missed before. */
  tellAll(): void {
    for (const key of this.keys) this.tell(key);
  }

  /** Ends all. */
  clear(): void {
    if (this.#byKey.size === 0) return;
    this.#byKey.clear();
    this.#end();
  }
}
