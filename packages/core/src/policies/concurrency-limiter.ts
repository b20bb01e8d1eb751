import type { ConcurrencyMachine, PolicySnapshot, ResultClass } from '../types/index.ts';
import type { AdaptiveLimit } from './adaptive-limit.ts';
import { PriorityQueue } from './priority-queue.ts';

/**
 * How many calls run at once, with a bounded queue before it. A place is held until the predictor has really ended, so that
 * a limit of 2 never has 3 running. The limit is a number, or an {@link AdaptiveLimit}.
 */
export class ConcurrencyLimiter implements ConcurrencyMachine {
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #maxQueue: number | undefined;
  readonly #queue = new PriorityQueue();
  #limit: number;
  #active = 0;
  #leaked = 0;
  #shed = 0;

  /** `maxQueue` undefined: twice the limit. */
  constructor(limit: number | AdaptiveLimit, maxQueue: number | undefined) {
    this.#adaptive = typeof limit === 'number' ? undefined : limit;
    this.#limit = typeof limit === 'number' ? limit : limit.value;
    this.#maxQueue = maxQueue;
  }

  get capacity(): number {
    return this.#limit + (this.#maxQueue ?? 2 * this.#limit);
  }

  admit(): boolean {
    // Not past those who wait: a newer call must not overtake them.
    if (this.#active >= this.#limit || this.#queue.size > 0) return false;
    this.#active++;
    return true;
  }

  enqueue(priority: number, resume: () => void, shed: () => void): { leave(): void } | undefined {
    const queue = this.#queue;
    if (queue.size >= (this.#maxQueue ?? 2 * this.#limit)) {
      this.#shed++;
      const last = queue.last();
      if (last === undefined || last.priority >= priority) return undefined;
      queue.remove(last);
      last.shed();
    }
    const entry = { priority, resume, shed };
    queue.push(entry);
    return { leave: () => queue.remove(entry) };
  }

  sample(resultClass: ResultClass, startedAt: number, now: number): void {
    const adaptive = this.#adaptive;
    if (adaptive === undefined) return;
    adaptive.sample(resultClass, startedAt, now, this.#active);
    if (adaptive.value !== this.#limit) {
      this.#limit = adaptive.value;
      this.#handOver();
    }
  }

  release(): void {
    this.#active--;
    if (this.#queue.size > 0) this.#handOver();
  }

  leaked(): void {
    this.#leaked++;
    this.release();
  }

  snapshot(): PolicySnapshot {
    return {
      limit: this.#limit,
      adaptive: this.#adaptive !== undefined,
      active: this.#active,
      queued: this.#queue.size,
      shed: this.#shed,
      leaked: this.#leaked,
    };
  }

  #handOver(): void {
    while (this.#active < this.#limit) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#active++;
      next.resume();
    }
  }
}
