import type { Attempt, Ongoing, StreamLimit } from './attempt.ts';

/** The limit of an attempt until its endpoint has begun to answer, where that is earlier than its other limits. */
export class Connecting implements Ongoing {
  readonly contentAt = 0;
  readonly limit: StreamLimit;
  readonly #attempt: Attempt;
  readonly #expires: number;

  /** @param attempt one that is about to be made */
  constructor(attempt: Attempt, connectMs: number) {
    this.#attempt = attempt;
    this.#expires = attempt.expires;
    this.limit = { scope: 'connect', ms: connectMs };
    const at = Math.ceil(attempt.startedAt + connectMs);
    if (at >= attempt.expires) return;
    attempt.expires = at;
    attempt.ongoing = this;
  }

  /** The endpoint has begun to answer, or has failed. */
  ended(): void {
    const attempt = this.#attempt;
    if (attempt.ongoing !== this) return;
    attempt.ongoing = undefined;
    // One that was stopped has left the queue, and its error tells of this limit.
    if (attempt.stopped !== undefined) attempt.ongoing = this;
    else {
      attempt.expires = this.#expires;
      attempt.timers.remove(attempt);
      attempt.timers.add(attempt);
    }
  }

  opened(): void {}

  interrupt(): void {}

  hasTime(): boolean {
    return false;
  }
}
