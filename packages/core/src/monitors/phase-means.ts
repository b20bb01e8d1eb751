/** Parts of a period that are told apart. */
const PHASES = 24;
/** A phase's mean is of so many of its newest values, about. */
const MAX_VALUES = 500;

/** What is usual at each phase of a period: of the periods before, by exponential forgetting. */
export class PhaseMeans {
  readonly #ms: number;
  readonly #means = new Float64Array(PHASES);
  readonly #counts = new Float64Array(PHASES);
  #startedAt: number | undefined;

  /** @param ms of the period */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Adds a value; returns what was usual at its phase before, `undefined` while no whole period was seen. @param at milliseconds since the Unix epoch */
  add(value: number, at: number): number | undefined {
    this.#startedAt ??= at;
    const phase = Math.min(PHASES - 1, Math.floor(((at % this.#ms) / this.#ms) * PHASES));
    const count = Math.min((this.#counts[phase] as number) + 1, MAX_VALUES);
    const before = this.#means[phase] as number;
    this.#counts[phase] = count;
    this.#means[phase] = before + (value - before) / count;
    return at - this.#startedAt >= this.#ms && count > 1 ? before : undefined;
  }
}
