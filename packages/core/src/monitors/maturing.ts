/** Cohorts that a maturity is divided into: a case waits this share of it longer at most. */
const COHORTS = 20;
/** Cases that wait, as many as decisions do. */
const MAX_WAITING = 20_000;

/**
 * Holds labels back until their decisions are old enough, so that all labels of a cohort count at one time, the early ones and the
 * late: early labels are not random. Bounded; what came too late, or found no room, is counted.
 */
export class Maturing<C> {
  readonly #maturityMs: number;
  readonly #cohorts = new Map<number, C[]>();
  #waiting = 0;
  #late = 0;
  #dropped = 0;

  /** @param maturityMs above 0 */
  constructor(maturityMs: number) {
    this.#maturityMs = maturityMs;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Labels that came after their decision was mature. */
  get late(): number {
    return this.#late;
  }

  /** Labels for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @param decidedAt,at of the decision and its label, in milliseconds since the Unix epoch */
  hold(decidedAt: number, at: number, label: C): void {
    if (at - decidedAt > this.#maturityMs) {
      this.#late++;
      return;
    }
    if (this.#waiting >= MAX_WAITING) {
      this.#dropped++;
      return;
    }
    const cohort = Math.floor((decidedAt * COHORTS) / this.#maturityMs);
    const labels = this.#cohorts.get(cohort);
    if (labels === undefined) this.#cohorts.set(cohort, [label]);
    else labels.push(label);
    this.#waiting++;
  }

  /** Hands over the labels of all cohorts whose youngest decision is mature. @param now milliseconds since the Unix epoch */
  release(now: number, take: (label: C) => void): void {
    const due = Math.floor(((now - this.#maturityMs) * COHORTS) / this.#maturityMs);
    for (const cohort of [...this.#cohorts.keys()].filter((one) => one < due).sort((a, b) => a - b)) {
      const labels = this.#cohorts.get(cohort) ?? [];
      this.#cohorts.delete(cohort);
      this.#waiting -= labels.length;
      for (const label of labels) take(label);
    }
  }
}
