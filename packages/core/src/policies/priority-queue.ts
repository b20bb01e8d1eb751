/** A place in a {@link PriorityQueue}. */
export interface QueueEntry {
  readonly priority: number;
  readonly resume: () => void;
  readonly shed: () => void;
  lane: Lane | undefined;
  previous: QueueEntry | undefined;
  next: QueueEntry | undefined;
}

interface Lane {
  readonly priority: number;
  head: QueueEntry | undefined;
  tail: QueueEntry | undefined;
}

/** First in, first out within a priority; higher priorities first. Leaving is O(1): an aborted call frees its place at once. */
export class PriorityQueue {
  /** Highest priority first; there are few distinct priorities, so a sorted list is enough. */
  readonly #lanes: Lane[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(priority: number, resume: () => void, shed: () => void): QueueEntry {
    const lane = this.#lane(priority);
    const entry: QueueEntry = { priority, resume, shed, lane, previous: lane.tail, next: undefined };
    if (lane.tail === undefined) lane.head = entry;
    else lane.tail.next = entry;
    lane.tail = entry;
    this.#size++;
    return entry;
  }

  /** Takes the first of the highest priority. */
  shift(): QueueEntry | undefined {
    const first = this.#lanes.find((lane) => lane.head !== undefined)?.head;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** The newest of the lowest priority: what is shed first. */
  last(): QueueEntry | undefined {
    return this.#lanes.findLast((lane) => lane.tail !== undefined)?.tail;
  }

  /** Removes an entry; one that has left already is left alone. */
  remove(entry: QueueEntry): void {
    const { lane, previous, next } = entry;
    if (lane === undefined) return;
    if (previous === undefined) lane.head = next;
    else previous.next = next;
    if (next === undefined) lane.tail = previous;
    else next.previous = previous;
    entry.lane = entry.previous = entry.next = undefined;
    this.#size--;
    // Priorities may be many over time (a computed number): an empty lane must not stay for ever.
    if (lane.head === undefined) this.#lanes.splice(this.#lanes.indexOf(lane), 1);
  }

  #lane(priority: number): Lane {
    const at = this.#lanes.findIndex((lane) => lane.priority <= priority);
    const found = at < 0 ? undefined : this.#lanes[at];
    if (found?.priority === priority) return found;
    const lane: Lane = { priority, head: undefined, tail: undefined };
    this.#lanes.splice(at < 0 ? this.#lanes.length : at, 0, lane);
    return lane;
  }
}
