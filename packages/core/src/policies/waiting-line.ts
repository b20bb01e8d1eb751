/** Who has not asked again so long after its moment has left, in milliseconds: timers are a few milliseconds late, and so are busy processes. */
const GRACE_MS = 100;

interface Place {
  /** When its turn comes. */
  turnAt: number;
  /** When it asks again. */
  askAt: number;
  readonly cost: number;
  /** So much earlier come those behind it if it leaves, in milliseconds. */
  readonly flowMs: number;
}

/**
 * Calls that were told to come again, in the order in which they came, so that nobody overtakes them and one that comes now knows how
 * long it would wait. Who does not come again is forgotten.
 */
export class WaitingLine {
  readonly #places = new Map<string, Place>();
  #cost = 0;
  #lastTurnAt = Number.NEGATIVE_INFINITY;
  #sweepAt = Number.NEGATIVE_INFINITY;

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

  /**
   * Puts one at the end, or moves the turn of one that is there.
   *
   * @param flowMs how long what it costs takes to flow in
   */
  put(key: string, turnAt: number, askAt: number, cost: number, flowMs: number): void {
    const known = this.#places.get(key);
    this.#lastTurnAt = Math.max(this.#lastTurnAt, turnAt);
    if (known === undefined) {
      this.#places.set(key, { turnAt, askAt, cost, flowMs });
      this.#cost += cost;
    } else {
      known.turnAt = turnAt;
      known.askAt = askAt;
    }
  }

  /** It has got what it waited for. */
  served(key: string): void {
    const place = this.#places.get(key);
    if (place !== undefined) this.#remove(key, place);
  }

  /** It waits no longer: those behind it move up. */
  leave(key: string, now: number): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    place.askAt = Number.NEGATIVE_INFINITY;
    this.#sweepAt = Number.NEGATIVE_INFINITY;
    this.sweep(now);
  }

  /** Forgets those that have not come again when they should, and moves up those behind them. */
  sweep(now: number): void {
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + GRACE_MS;
    let earlierMs = 0;
    for (const [key, place] of this.#places) {
      if (place.askAt + GRACE_MS < now) {
        earlierMs += place.flowMs;
        this.#remove(key, place);
      } else place.turnAt -= earlierMs;
    }
    if (this.#places.size > 0) this.#lastTurnAt -= earlierMs;
  }

  #remove(key: string, { cost }: Place): void {
    this.#places.delete(key);
    this.#cost = this.#places.size === 0 ? 0 : this.#cost - cost;
    if (this.#places.size === 0) this.#lastTurnAt = Number.NEGATIVE_INFINITY;
  }
}
