import type { CounterPart } from '../types/index.ts';

/** Under which it is told. */
const SEEN = 'seen';

/** Cases since the start, here and in the other processes: it never falls, since what was seen was seen. */
export class FleetCount {
  #own = 0;
  #others = 0;

  get total(): number {
    return this.#own + this.#others;
  }

  add(cases = 1): void {
    this.#own += cases;
  }

  counters(): Record<string, number> {
    return { [SEEN]: this.#own };
  }

  merge(parts: readonly Pick<CounterPart, 'counters'>[]): void {
    this.#others = Math.max(
      this.#others,
      parts.reduce((sum, { counters }) => sum + (counters[SEEN] ?? 0), 0),
    );
  }
}
