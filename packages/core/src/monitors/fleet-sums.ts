import type { CounterPart } from '../spec/index.ts';
import { Segments } from './segments.ts';
import { WindowSums } from './window-sums.ts';

/** The name of what is about all of the traffic. */
export const WHOLE = '';
/** Segments with more numbers are those of the process: a part of the counters has some hundred numbers at most. */
const MOST_SHARED = 40;

interface Part {
  readonly own: WindowSums;
  /** Totals of the windows of the other processes. */
  readonly others: Float64Array;
}

/** Sums over a window of cases, of all traffic and by segment: of this process, and with the windows of the others. */
export class FleetSums {
  readonly #width: number;
  readonly #parts: Segments<Part>;
  /** That of all traffic, at hand for the call path. */
  readonly #whole: Part;

  /**
   * @param width numbers that are summed, the count of cases first
   * @param cases of the window of one process
   * @param most segments beside the whole and the overflow
   */
  constructor(width: number, cases: number, most = 20) {
    this.#width = width;
    const create = (): Part => ({ own: new WindowSums(width, { cases }), others: new Float64Array(width) });
    this.#parts = new Segments(create, most + 1);
    this.#whole = this.#parts.of(WHOLE);
  }

  /** The sums that one more case is to be added to; its count grows by one. */
  row(segment: string): Float64Array {
    const part = segment === WHOLE ? this.#whole : this.#parts.of(segment);
    return part.own.row(0);
  }

  /** The sums of the newest case, for what became known of an older one: the count stays. */
  newest(segment: string): Float64Array {
    const row = this.row(segment);
    row[0] = (row[0] ?? 0) - 1;
    return row;
  }

  /** The whole first. */
  names(): string[] {
    return [...this.#parts.entries()].map(([name]) => name);
  }

  /** Over the windows of all processes. */
  totals(segment: string): Float64Array {
    const { own, others } = this.#parts.of(segment);
    const totals = own.totals(0);
    for (let index = 0; index < totals.length; index++) totals[index] = (totals[index] ?? 0) + (others[index] ?? 0);
    return totals;
  }

  counters(): Record<string, number> {
    const counters: Record<string, number> = {};
    for (const [name, { own }] of this.#parts.entries()) {
      if (name !== WHOLE && this.#width > MOST_SHARED) break;
      for (const [index, value] of own.totals(0).entries()) if (value !== 0) counters[`${index}|${name}`] = value;
    }
    return counters;
  }

  merge(parts: readonly Omit<CounterPart, 'sequence'>[]): void {
    for (const [, { others }] of this.#parts.entries()) others.fill(0);
    for (const { counters } of parts) {
      for (const [name, value] of Object.entries(counters)) {
        const cut = name.indexOf('|');
        const index = Number(name.slice(0, cut));
        if (!(index >= 0 && index < this.#width)) continue;
        const { others } = this.#parts.of(name.slice(cut + 1));
        others[index] = (others[index] ?? 0) + value;
      }
    }
  }
}
