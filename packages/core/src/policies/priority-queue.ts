/** What waits in a {@link PriorityQueue}. */
export interface QueueEntry {
  readonly priority: number;
  readonly resume: () => void;
  readonly shed: () => void;
  /** Its neighbours, while it waits. */
  previous?: QueueEntry | undefined;
  next?: QueueEntry | undefined;
}

/** All that wait with one priority, the oldest first: a ring that begins and ends at the lane itself. */
class Lane implements QueueEntry {
  readonly priority: number;
  previous: QueueEntry = this;
  next: QueueEntry = this;

  constructor(priority: number) {
    this.priority = priority;
  }

  resume(): void {}
  shed(): void {}
}

/** Beyond twice the lanes that there are, and this many, a heap is mostly of lanes that are gone. */
const SPARE = 64;

/** A heap of priorities, the highest first, or the lowest with a `sign` of −1. Priorities whose lane has gone are skipped when they come up. */
class Heap {
  readonly #sign: number;
  #keys: number[] = [];

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  push(priority: number, lanes: ReadonlyMap<number, Lane>): void {
    if (this.#keys.length > 2 * lanes.size + SPARE) {
      // A list that is sorted is a heap.
      this.#keys = [...lanes.keys()].map((key) => key * this.#sign).sort((a, b) => b - a);
      return;
    }
    const keys = this.#keys;
    const key = priority * this.#sign;
    let at = keys.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = keys[parent] ?? 0;
      if (above >= key) break;
      keys[at] = above;
      at = parent;
    }
    keys[at] = key;
  }

  /** The first lane that there still is. */
  first(lanes: ReadonlyMap<number, Lane>): Lane | undefined {
    for (let key = this.#keys[0]; key !== undefined; key = this.#keys[0]) {
      const lane = lanes.get(key * this.#sign);
      if (lane !== undefined) return lane;
      this.#pop();
    }
    return undefined;
  }

  #pop(): void {
    const keys = this.#keys;
    const key = keys.pop() ?? 0;
    const { length } = keys;
    if (length === 0) return;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      const right = keys[child + 1];
      if (right !== undefined && right > (keys[child] ?? 0)) child++;
      const below = keys[child] ?? 0;
      if (below <= key) break;
      keys[at] = below;
      at = child;
    }
    keys[at] = key;
  }
}

/**
 * First in, first out within a priority; higher priorities first. Leaving is O(1): an aborted call frees its place at once. Taking
 * the first and the last is O(1) while there are few priorities, O(log n) however many there are.
 */
export class PriorityQueue {
  readonly #lanes = new Map<number, Lane>();
  readonly #highest = new Heap(1);
  readonly #lowest = new Heap(-1);
  size = 0;

  push(entry: QueueEntry): void {
    let lane = this.#lanes.get(entry.priority);
    if (lane === undefined) {
      lane = new Lane(entry.priority);
      this.#lanes.set(entry.priority, lane);
      this.#highest.push(entry.priority, this.#lanes);
      this.#lowest.push(entry.priority, this.#lanes);
    }
    const { previous } = lane;
    entry.previous = previous;
    entry.next = lane;
    previous.next = entry;
    lane.previous = entry;
    this.size++;
  }

  /** Takes the first of the highest priority. */
  shift(): QueueEntry | undefined {
    const first = this.#highest.first(this.#lanes)?.next;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** The newest of the lowest priority: what is shed first. */
  last(): QueueEntry | undefined {
    return this.#lowest.first(this.#lanes)?.previous;
  }

  /** Removes an entry; one that has left already is left alone. */
  remove(entry: QueueEntry): void {
    const { previous, next } = entry;
    if (previous === undefined || next === undefined) return;
    previous.next = next;
    next.previous = previous;
    entry.previous = entry.next = undefined;
    this.size--;
    // Priorities may be many over time (a computed number): an empty lane must not stay for ever.
    if (previous === next && previous instanceof Lane) this.#lanes.delete(entry.priority);
  }
}
