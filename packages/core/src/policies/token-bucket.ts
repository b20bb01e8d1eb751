/** Sums of fractions are a little under what they should be. */
const NOISE = 1e-9;

/**
 * A bucket that fills at a steady rate up to its size, and from which calls take what they cost: over any time no more is taken than what
 * it held and what has flowed in. A call that costs more than the bucket holds may take it when it is full; it then owes the rest.
 */
export class TokenBucket {
  /** What is in it; negative while it owes. */
  level: number;
  readonly #perMs: number;
  readonly #size: number;
  #part = 1;
  #at: number;

  /**
   * @param perMs what flows in each millisecond
   * @param size the most that it holds
   * @param now monotonic milliseconds
   */
  constructor(perMs: number, size: number, now: number) {
    this.#perMs = perMs;
    this.#size = size;
    this.#at = now;
    this.level = size;
  }

  /** The most that it holds, of the part that is used. */
  get size(): number {
    return this.#size * this.#part;
  }

  get isFull(): boolean {
    return this.#part > 0 && this.level >= this.size - NOISE;
  }

  /** Lets flow in what has come since the last time. */
  fill(now: number): void {
    // Time may be read out of order: it never runs back here.
    if (now <= this.#at) return;
    if (this.level < this.size) this.level = Math.min(this.size, this.level + (now - this.#at) * this.#perMs * this.#part);
    this.#at = now;
  }

  canTake(cost: number): boolean {
    return this.#part > 0 && (this.level >= cost - NOISE || this.isFull);
  }

  take(cost: number): void {
    this.level -= cost;
  }

  /** Gives back what was taken and not used; what was used and not taken is owed where `amount` is negative. */
  give(amount: number): void {
    this.level = Math.min(this.size, this.level + amount);
  }

  /** No more than this is in it, whatever it was thought to hold. */
  limitTo(level: number): void {
    this.level = Math.min(this.level, level);
  }

  /**
   * How long until a call may take what it costs, in milliseconds.
   * @param part the part of the rate that is hoped for. @defaultValue the one that is used
   */
  waitMs(cost: number, part = this.#part): number {
    const missing = Math.min(cost, this.#size * part) - this.level;
    return missing <= 0 ? 0 : missing / (this.#perMs * part);
  }

  /** How long what is taken needs to flow in, in milliseconds. */
  flowMs(cost: number, part = this.#part): number {
    return cost / (this.#perMs * part);
  }

  /** Uses a part of the rate and of the size from now on, 0 to 1; returns what was in it beyond that, and is gone. */
  resize(part: number, now: number): number {
    this.fill(now);
    this.#part = part;
    const beyond = Math.max(0, this.level - this.size);
    this.level -= beyond;
    return beyond;
  }
}
