import * as controlExchange from '../control/control-exchange.ts';
import { preloadControlExchange } from '../control/model-control.ts';
import { preloadSinkQueue } from '../events/lazy-sink-queue.ts';
import * as sinkQueue from '../events/sink-queue.ts';
import type { Clock, TimerHandle } from '../time/index.ts';

// A test that moves this clock must find there what is loaded when it is needed: the first would wait for an import, in real time.
preloadSinkQueue(sinkQueue);
preloadControlExchange(controlExchange);

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A promise chain longer than this between two timers is not followed to its end. */
const TURNS = 64;

/** A clock that stands still until it is told to move: timeouts, windows and open circuits in tests without waiting. */
export class VirtualClock implements Clock {
  readonly #timers = new Map<number, Timer>();
  #now: number;
  #wallOffset: number;
  #order = 0;

  /** Where the monotonic clock starts, in milliseconds, and the wall clock. */
  constructor(start = 1000, wall = Date.UTC(2026, 0, 1)) {
    this.#now = start;
    this.#wallOffset = wall - start;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#wallOffset;
  }

  schedule(wake: () => void, ms: number): TimerHandle {
    const order = this.#order++;
    this.#timers.set(order, { at: this.#now + Math.max(0, ms), order, wake });
    return order;
  }

  cancel(handle: TimerHandle): void {
    if (typeof handle === 'number') this.#timers.delete(handle);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Steps the wall clock alone, as an operator or NTP would. */
  stepWall(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Moves time on by `ms`, running what falls due in order; promise reactions run in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turns();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next.order);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await turns();
    }
    this.#now = end;
    await turns();
  }

  /** Jumps to a later time without running what was due on the way, as a frozen process does. */
  freeze(ms: number): void {
    this.#now += ms;
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (timer.at <= end && (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)))
        first = timer;
    }
    return first;
  }
}

/** Lets promise reactions run. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
}
