import type { Executor } from '../policies/executor.ts';
import { type Clock, expiresAt, withTimeout } from '../time/index.ts';
import type { Hold, ShadowJob, ShadowTicket } from './shadow-job.ts';

export interface ShadowPoolOptions {
  /** Shadows of one variant that run at once. @defaultValue 10 */
  readonly concurrency: number;
  /** Shadows that wait; beyond it they are dropped and counted. @defaultValue 1000 */
  readonly maxQueue: number;
  /** Longest time of one shadow, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs: number;
  /** Shadows started in a minute, at most: a cap on what they cost. @defaultValue 6000 */
  readonly maxPerMinute: number;
}

export interface ShadowPoolStatus {
  readonly started: number;
  readonly running: number;
  readonly queued: number;
  readonly dropped: { readonly queueFull: number; readonly budget: number };
}

/** Runs `task` after the current turn, without keeping the process alive. @param idle resolves when all that it began has ended */
export type Defer = (task: () => void, idle: () => Promise<void>) => void;

/**
 * Runs shadows of one variant away from the served calls: launching is a push to a bounded ring; one deferred task drains it
 * into a pool of its own. A slow or hung shadow can fill only this pool, and the excess is dropped and counted.
 */
export class ShadowPool {
  readonly #executor: Executor;
  readonly #options: ShadowPoolOptions;
  readonly #clock: Clock;
  readonly #defer: Defer;
  readonly #jobOf: (ticket: ShadowTicket, hold: Hold) => ShadowJob;
  readonly #ring: (ShadowTicket | undefined)[];
  #head = 0;
  #queued = 0;
  #running = 0;
  #started = 0;
  #droppedFull = 0;
  #droppedBudget = 0;
  #tokens: number;
  #refilledAt = Number.NEGATIVE_INFINITY;
  #scheduled = false;
  #idle: (() => void)[] = [];

  constructor(
    executor: Executor,
    options: ShadowPoolOptions,
    clock: Clock,
    defer: Defer,
    jobOf: (ticket: ShadowTicket, hold: Hold) => ShadowJob,
  ) {
    this.#jobOf = jobOf;
    this.#executor = executor;
    this.#options = options;
    this.#clock = clock;
    this.#defer = defer;
    this.#ring = new Array<ShadowTicket | undefined>(options.maxQueue).fill(undefined);
    this.#tokens = Math.max(1, options.maxPerMinute / 60);
  }

  /** Whether there was room: what is dropped is counted. */
  launch(ticket: ShadowTicket): boolean {
    const size = this.#ring.length;
    if (this.#queued === size) {
      this.#droppedFull++;
      return false;
    }
    this.#ring[(this.#head + this.#queued) % size] = ticket;
    this.#queued++;
    if (!this.#scheduled) this.#schedule();
    return true;
  }

  status(): ShadowPoolStatus {
    return {
      started: this.#started,
      running: this.#running,
      queued: this.#queued,
      dropped: { queueFull: this.#droppedFull, budget: this.#droppedBudget },
    };
  }

  /** Resolves when nothing waits or runs. */
  idle(): Promise<void> {
    return this.#queued + this.#running === 0 ? Promise.resolve() : new Promise((done) => this.#idle.push(done));
  }

  readonly #whenIdle = (): Promise<void> => this.idle();

  #schedule(): void {
    this.#scheduled = true;
    this.#defer(this.#drain, this.#whenIdle);
  }

  /** Takes no more than the pool has free; what is left is drained when a place comes free. */
  readonly #drain = (): void => {
    this.#scheduled = false;
    const now = this.#clock.now();
    this.#refill(now);
    while (this.#queued > 0 && this.#running < this.#options.concurrency) {
      const ticket = this.#ring[this.#head];
      this.#ring[this.#head] = undefined;
      this.#head = (this.#head + 1) % this.#ring.length;
      this.#queued--;
      if (ticket === undefined) continue;
      if (this.#tokens < 1) {
        this.#droppedBudget++;
        continue;
      }
      this.#tokens--;
      this.#start(this.#jobOf(ticket, this.#hold));
    }
    this.#tellIdle();
  };

  #start(job: ShadowJob): void {
    this.#running++;
    this.#started++;
    const now = this.#clock.now();
    this.#executor.run(job, job.input, undefined, now, expiresAt(now, this.#options.timeoutMs)).then(this.#ended, this.#ended);
  }

  readonly #ended = (): void => {
    this.#running--;
    if (this.#queued > 0 && !this.#scheduled) this.#schedule();
    this.#tellIdle();
  };

  /** A comparison takes a place, also beyond those that there are: then fewer shadows start. */
  readonly #hold: Hold = async (work) => {
    this.#running++;
    const { timeoutMs: ms } = this.#options;
    try {
      return await withTimeout<typeof work, never>(
        { clock: this.#clock, ms, background: true },
        () => work,
        () => {
          throw new Error(`It gave no answer within ${ms} ms.`);
        },
      );
    } finally {
      this.#ended();
    }
  };

  #refill(now: number): void {
    const perMs = this.#options.maxPerMinute / 60_000;
    // At most a second's worth is saved up, so that a quiet hour does not allow a burst.
    if (this.#refilledAt !== Number.NEGATIVE_INFINITY)
      this.#tokens = Math.min(Math.max(1, perMs * 1000), this.#tokens + (now - this.#refilledAt) * perMs);
    this.#refilledAt = now;
  }

  #tellIdle(): void {
    if (this.#queued + this.#running > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const done of waiting) done();
  }
}
