/** Who has not asked again so long after its moment has left, in milliseconds: timers are a few milliseconds late, and so are busy processes. */
const GRACE_MS = 100;

interface Place {
  /** When its turn comes. */
  turnAt: number;
  /** When it asks again. */
  askAt: number;
  readonly cost: number;
}

/**
 * Calls that were told to come again, in the order in which they came, so that nobody overtakes them and one that comes now knows how
 * long it would wait. Who does not come again is forgotten.
 */
export class WaitingLine {
  readonly #places = new Map<string, Place>();
  #cost = 0;
  #lastTurnAt = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#places.size;
  }

  /** What all that wait will cost. */
  get cost(): number {
    return this.#cost;
  }

  /** When the turn of the last one comes. */
  get lastTurnAt(): number {
    return this.#lastTurnAt;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  /** Whether nobody is before it. */
  isFirst(key: string): boolean {
    const first = this.#places.keys().next();
    return first.done !== true && first.value === key;
  }

  /** When the turn of one that waits comes. */
  turnOf(key: string): number | undefined {
    return this.#places.get(key)?.turnAt;
  }

  /** Puts one at the end, or moves the turn of one that is there. */
  put(key: string, turnAt: number, askAt: number, cost: number): void {
    const known = this.#places.get(key);
    this.#lastTurnAt = Math.max(this.#lastTurnAt, turnAt);
    if (known === undefined) {
      this.#places.set(key, { turnAt, askAt, cost });
      this.#cost += cost;
    } else {
      known.turnAt = turnAt;
      known.askAt = askAt;
    }
  }

  leave(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    this.#cost = this.#places.size === 0 ? 0 : this.#cost - place.cost;
    if (this.#places.size === 0) this.#lastTurnAt = Number.NEGATIVE_INFINITY;
  }

  /** Forgets those at the front that have left. */
  sweep(now: number): void {
    for (const [key, { askAt }] of this.#places) {
      if (askAt + GRACE_MS >= now) return;
      this.leave(key);
    }
  }
}
