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
