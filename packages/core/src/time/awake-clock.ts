import type { Clock, TimerHandle } from './clock.ts';

/** While something waits, the clock is read at least this often. */
const BEAT_MS = 5000;
/** A gap over this is a sleep. */
const GAP_MS = 10_000;
/** In a page that nobody sees, browsers let timers run once a minute. */
const HIDDEN_GAP_MS = 70_000;

interface Target<Type extends string> {
  addEventListener?(type: Type, listener: () => void): void;
}

/** The part of a document that is looked at. */
export interface LifeCycle extends Target<'freeze' | 'resume' | 'visibilitychange'> {
  readonly visibilityState?: string;
  readonly defaultView?: Target<'pagehide' | 'pageshow'> | null;
}

interface AwakeTimer {
  readonly wake: () => void;
  readonly background: boolean;
  /** On this clock. */
  readonly due: number;
  /** How much of sleep there had been when it was started. */
  slept: number;
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
  /** A longer gap is a sleep; 0 while the page is put away. */
  #longestGap = GAP_MS;
  #seen = 0;
  #slept = 0;
  #waiting = 0;
  #beat: TimerHandle = undefined;

  /** @param page a worker has none */
  constructor(clock: Clock, page?: LifeCycle) {
    this.#clock = clock;
    this.#page = page;
    this.#isAwake();
    page?.addEventListener?.('freeze', this.#isPutAway);
    page?.addEventListener?.('resume', this.#isAwake);
    // Firefox tells of its cache by these alone.
    page?.defaultView?.addEventListener?.('pagehide', this.#isPutAway);
    page?.defaultView?.addEventListener?.('pageshow', this.#isAwake);
    // A page is hidden once more after it was put away, and shown before it is taken out.
    page?.addEventListener?.('visibilitychange', () => this.#longestGap > 0 && this.#isAwake());
  }

  now(): number {
    const now = this.#clock.now();
    const gap = now - this.#seen;
    if (gap > this.#longestGap && this.#waiting > 0) this.#slept += gap;
    this.#seen = now;
    return now - this.#slept;
  }

  wall(): number {
    return this.#clock.wall();
  }

  schedule(wake: () => void, ms: number, background: boolean): TimerHandle {
    const timer: AwakeTimer = { wake, background, due: this.now() + ms, slept: 0, handle: undefined };
    this.#start(timer, ms);
    if (this.#waiting++ === 0) this.#beatOn();
    return timer;
  }

  cancel(handle: TimerHandle): void {
    const timer = handle as AwakeTimer | undefined;
    if (timer?.handle !== undefined) this.#end(timer);
  }

  #start(timer: AwakeTimer, ms: number): void {
    timer.slept = this.#slept;
    timer.handle = this.#clock.schedule(
      () => {
        const left = timer.due - this.now();
        // Only a sleep postpones it: who replaces the timers of a page by their own, as tests do, may leave this clock as it is.
        if (this.#slept > timer.slept && left >= 1) return this.#start(timer, left);
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
    this.#isAwake();
    this.#beat = this.#clock.schedule(this.#beatOn, BEAT_MS, true);
  };

  readonly #isPutAway = (): void => {
    this.now();
    this.#longestGap = 0;
  };

  /** What was before is judged by what was known before. */
  readonly #isAwake = (): void => {
    this.now();
    this.#longestGap = this.#page?.visibilityState === 'hidden' ? HIDDEN_GAP_MS : GAP_MS;
  };
}
