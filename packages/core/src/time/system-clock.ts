import { AwakeClock, type LifeCycle } from './awake-clock.ts';
import type { Clock } from './clock.ts';

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

const machine: Clock = {
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

/** A page, or a worker of one. */
const scope = globalThis as { readonly document?: LifeCycle; readonly importScripts?: unknown };
const isPage = scope.document !== undefined || scope.importScripts !== undefined;

/** The clock of the machine; in a page and its workers, which browsers freeze, the `AwakeClock` on it. */
export const systemClock: Clock = isPage ? /* @__PURE__ */ new AwakeClock(machine, scope.document) : machine;
