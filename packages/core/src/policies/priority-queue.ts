/** What waits in a {@link PriorityQueue}. */
export interface QueueEntry {
  readonly priority: number;
  readonly resume: () => void;
  readonly shed: () => void;
}

/** First in, first out within a priority; higher priorities first. Leaving is O(1): an aborted call frees its place at once. */
export class PriorityQueue {
  /** There are few distinct priorities at a time; a set keeps the order in which its entries came. */
  readonly #lanes = new Map<number, Set<QueueEntry>>();
  size = 0;

  push(entry: QueueEntry): void {
    const lane = this.#lanes.get(entry.priority) ?? new Set();
    this.#lanes.set(entry.priority, lane.add(entry));
    this.size++;
  }

  /** Takes the first of the highest priority. */
  shift(): QueueEntry | undefined {
    const [first] = this.#lane(Math.max) ?? [];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** The newest of the lowest priority: what is shed first. */
  last(): QueueEntry | undefined {
    return [...(this.#lane(Math.min) ?? [])].at(-1);
  }

  /** Removes an entry; one that has left already is left alone. */
  remove(entry: QueueEntry): void {
    const lane = this.#lanes.get(entry.priority);
    if (lane?.delete(entry) !== true) return;
    this.size--;
    // Priorities may be many over time (a computed number): an empty lane must not stay for ever.
    if (lane.size === 0) this.#lanes.delete(entry.priority);
  }

  #lane(choose: (...priorities: number[]) => number): Set<QueueEntry> | undefined {
    return this.#lanes.get(choose(...this.#lanes.keys()));
  }
}
