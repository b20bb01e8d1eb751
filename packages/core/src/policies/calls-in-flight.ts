import { Ticks } from './ticks.ts';

/** The slow limit is divided into this many ticks, less one: a call is overdue when it is this many ticks old. */
const TICKS = 16;

/**
 * Counts calls in flight by the tick in which they started, so that calls already over the slow limit are known before they
 * end. A permit is the tick it was given in; one below {@link epoch} belongs to an older generation.
 */
export class CallsInFlight extends Ticks {
  readonly #byTick = new Int32Array(TICKS);
  #tick = 0;
  #epoch = 0;
  /** Calls in flight that are over the slow limit. */
  overdue = 0;

  /** `slowMs` may be `Infinity`: then time never moves it and nothing is overdue. */
  constructor(slowMs: number) {
    super(slowMs / (TICKS - 1));
  }

  start(): number {
    const slot = this.#tick & (TICKS - 1);
    this.#byTick[slot] = (this.#byTick[slot] as number) + 1;
    return this.#tick;
  }

  /** A permit of its own, not counted in flight: for probes. */
  single(): number {
    return ++this.#tick;
  }

  isCurrent(permit: number): boolean {
    return permit >= this.#epoch;
  }

  end(permit: number): void {
    if (permit > this.#tick - TICKS) {
      const slot = permit & (TICKS - 1);
      this.#byTick[slot] = (this.#byTick[slot] as number) - 1;
    } else {
      this.overdue--;
    }
  }

  /** Moves time on; returns how many calls have become overdue. */
  advance(now: number): number {
    const steps = this.passed(now);
    let late = 0;
    for (let step = 1; step <= Math.min(steps, TICKS); step++) {
      const slot = (this.#tick + step) & (TICKS - 1);
      late += this.#byTick[slot] as number;
      this.#byTick[slot] = 0;
    }
    this.#tick += steps;
    this.overdue += late;
    return late;
  }

  /** Makes every permit given so far one of an older generation. */
  newGeneration(): void {
    this.#epoch = ++this.#tick;
    this.#byTick.fill(0);
    this.overdue = 0;
  }
}
