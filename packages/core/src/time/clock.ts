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
  /** Calls `wake` once after at least `ms` milliseconds. `background` timers must not keep a process alive. */
  schedule(wake: () => void, ms: number, background: boolean): TimerHandle;
  cancel(handle: TimerHandle): void;
}

const monotonic = performance;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => monotonic.now(),
  wall: () => Date.now(),
  schedule(wake, ms, background) {
    // Node's handle can let its process end; a browser's is a number.
    const handle: unknown = setTimeout(wake, ms);
    if (background) (handle as { unref?(): void }).unref?.();
    return handle;
  },
  cancel: (handle) => clearTimeout(handle as number),
};
