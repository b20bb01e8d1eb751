import { errorText } from '../errors/index.ts';
import type { MonitorReading } from '../types/index.ts';

/** Characters of what was thrown that a status shows. */
const LONGEST = 200;
/** As measures of failures begin. */
export const FAILURES = 'failures:';
/** Functions whose failures are told apart, of one monitor. */
const MAX_FUNCTIONS = 20;

/** What functions of the user's threw in one monitor since the process started: each has a reading of its own, which warns. */
export class MonitorFailures {
  readonly #counts = new Map<string, number>();
  #last: string | null = null;
  readonly #told: ((what: string, thrown: unknown) => void) | undefined;

  /** @param told of each failure */
  constructor(told?: (what: string, thrown: unknown) => void) {
    this.#told = told;
  }

  /** Failures of all functions. */
  get count(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** What was thrown last; `null`: nothing was. It may have content of calls, and is for the status alone. */
  get last(): string | null {
    return this.#last;
  }

  /** @param what threw: `read`, `score` */
  failed(what: string, thrown: unknown): void {
    this.#told?.(what, thrown);
    this.#last = `${what}: ${errorText(thrown, LONGEST)}`;
    if (this.#counts.size < MAX_FUNCTIONS || this.#counts.has(what)) this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** What the function returns; `undefined` where it throws. */
  guarded<T>(what: string, run: () => T): T | undefined {
    try {
      return this.settled(what, run());
    } catch (error) {
      this.failed(what, error);
      return undefined;
    }
  }

  /** The same value. Nobody waits for a promise in place of a figure or a name: that it rejects is counted, and ends no process. */
  settled<T>(what: string, value: T): T {
    if (typeof value !== 'object' || value === null) return value;
    try {
      Promise.resolve(value).catch((error: unknown) => {
        this.failed(what, error);
      });
    } catch (error) {
      // What it says its constructor is.
      this.failed(what, error);
    }
    return value;
  }

  readings(): MonitorReading[] {
    return [...this.#counts].map(([what, n]) => ({
      measure: FAILURES + what,
      n,
      value: n,
      interval: null,
      limit: null,
      status: 'warn',
      reason: `${what}() failed ${n} times in this process; the status of the monitor has what it threw last.`,
    }));
  }
}
