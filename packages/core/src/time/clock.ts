/** What a {@link Clock} gives back for a scheduled wake-up. */
export type TimerHandle = unknown;

/**
 * Where time comes from. Everything that decides by time takes one, so that tests run on a virtual clock.
 * `now` is monotonic: a step of the wall clock changes no timeout, window or open circuit.
 */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary origin; fractions allowed. */
  now(): number;
  /** Milliseconds since the Unix epoch, for timestamps only. */
  wall(): number;
  /** Calls `wake` once after at least `ms` milliseconds; never for `Infinity`. `background` timers must not keep a process alive. */
  schedule(wake: () => void, ms: number, background: boolean): TimerHandle;
  cancel(handle: TimerHandle): void;
}

const monotonic = performance;

/** Platforms keep the time of a timer in 31 bits: more fires after 1 ms. Longer ones are made of several. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

/** A timer that is longer than the platform's longest: one after the other. */
class LongTimer {
  readonly #wake: () => void;
  readonly #background: boolean;
  #current: unknown;

  constructor(wake: () => void, ms: number, background: boolean) {
    this.#wake = wake;
    this.#background = background;
    this.#start(ms);
  }

  cancel(): void {
    clearTimeout(this.#current as number);
  }

  #start(ms: number): void {
    const wake = ms > LONGEST_TIMER_MS ? () => this.#start(ms - LONGEST_TIMER_MS) : this.#wake;
    this.#current = platformTimer(wake, Math.min(ms, LONGEST_TIMER_MS), this.#background);
  }
}

function platformTimer(wake: () => void, ms: number, background: boolean): unknown {
  // Node's handle can let its process end; a browser's is a number.
  const handle: unknown = setTimeout(wake, ms);
  if (background) (handle as { unref?(): void }).unref?.();
  return handle;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => monotonic.now(),
  wall: () => Date.now(),
  schedule(wake, ms, background) {
    return ms <= LONGEST_TIMER_MS ? platformTimer(wake, ms, background) : new LongTimer(wake, ms, background);
  },
  cancel(handle) {
    if (handle instanceof LongTimer) handle.cancel();
    else clearTimeout(handle as number);
  },
};
