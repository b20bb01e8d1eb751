import type { Clock, TimerHandle } from './clock.ts';

/** While something waits, the clock is read at least this often. */
const BEAT_MS = 5000;
/** A gap over this is a sleep. */
const GAP_MS = 10_000;
/** In a page that nobody sees, browsers let timers run once a minute. */
const HIDDEN_GAP_MS = 70_000;

/** The part of a document that is looked at. */
export interface LifeCycle {
  readonly visibilityState?: string;
  addEventListener?(type: 'freeze' | 'resume', listener: () => void): void;
}

interface AwakeTimer {
  readonly wake: () => void;
  readonly background: boolean;
  /** On this clock. */
  readonly due: number;
  handle: TimerHandle;
}

/**
 * A clock for what is frozen, put into a cache of pages, or sleeps with its machine: a gap in which nothing could run is no time that
 * anything has used. So a call goes on with the time that it had left, and no sleep is taken for a slow answer or for a time-out.
 * `wall` is the wall clock as it is.
 */
export class AwakeClock implements Clock {
  readonly #clock: Clock;
  readonly #page: LifeCycle | undefined;
  #isFrozen = false;
  #seen = 0;
  #slept = 0;
  #waiting = 0;
  #beat: TimerHandle = undefined;

  /** @param page a worker has none */
  constructor(clock: Clock, page?: LifeCycle) {
    this.#clock = clock;
    this.#page = page;
    for (const type of ['freeze', 'resume'] as const) {
      page?.addEventListener?.(type, () => {
        this.now();
        this.#isFrozen = type === 'freeze';
      });
    }
  }

  now(): number {
    const now = this.#clock.now();
    if (now - this.#seen > GAP_MS) this.#gap(now);
    this.#seen = now;
    return now - this.#slept;
  }

  wall(): number {
    return this.#clock.wall();
  }

  schedule(wake: () => void, ms: number, background: boolean): TimerHandle {
    const timer: AwakeTimer = { wake, background, due: this.now() + ms, handle: undefined };
    this.#start(timer, ms);
    if (this.#waiting++ === 0) this.#beatOn();
    return timer;
  }

  cancel(handle: TimerHandle): void {
    const timer = handle as AwakeTimer | undefined;
    if (timer?.handle !== undefined) this.#end(timer);
  }

  #start(timer: AwakeTimer, ms: number): void {
    timer.handle = this.#clock.schedule(
      () => {
        const left = timer.due - this.now();
        // The machine's timer may ring a fraction early.
        if (left >= 1) return this.#start(timer, left);
        this.#end(timer);
        timer.wake();
      },
      ms,
      timer.background,
    );
  }

  #end(timer: AwakeTimer): void {
    this.#clock.cancel(timer.handle);
    timer.handle = undefined;
    if (--this.#waiting === 0) this.#clock.cancel(this.#beat);
  }

  readonly #beatOn = (): void => {
    this.now();
    this.#beat = this.#clock.schedule(this.#beatOn, BEAT_MS, true);
  };

  #gap(now: number): void {
    const gap = now - this.#seen;
    const isHeldBack = !this.#isFrozen && this.#page?.visibilityState === 'hidden';
    if (this.#waiting > 0 && (!isHeldBack || gap > HIDDEN_GAP_MS)) this.#slept += gap;
  }
}
