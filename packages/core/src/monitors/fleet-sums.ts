import type { CounterPart } from '../types/index.ts';
import { FleetCount } from './fleet-count.ts';
import { addRows } from './moment-rows.ts';
import { Segments } from './segments.ts';
import { WindowSums } from './window-sums.ts';

/** The name of what is about all of the traffic. */
export const WHOLE = '';
/** Segments with more numbers are those of the process: a part of the counters has some hundred numbers at most. */
const MAX_SHARED = 40;

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
  readonly #merge: typeof addRows;
  /** How indices begin: rows that merge in another way are told under other names. */
  readonly #mark: string;
  readonly #cases = new FleetCount();

  /**
   * @param width numbers that are summed, the count of cases first
   * @param cases of the window of one process
   * @param max segments beside the whole and the overflow
   * @param merge adds one row to another. @defaultValue number by number
   */
  constructor(width: number, cases: number, { max = 20, merge = addRows }: { max?: number; merge?: typeof addRows } = {}) {
    this.#width = width;
    this.#merge = merge;
    this.#mark = merge === addRows ? '' : 'm';
    const create = (): Part => ({ own: new WindowSums(width, { cases }, merge), others: new Float64Array(width) });
    this.#parts = new Segments(create, max + 1);
    this.#whole = this.#parts.of(WHOLE);
  }

  /** The sums that one more case is to be added to; its count grows by one. */
  row(segment: string): Float64Array {
    const part = segment === WHOLE ? this.#whole : this.#parts.of(segment);
    if (part === this.#whole) this.#cases.add();
    return part.own.row(0);
  }

  /** Cases of all traffic since the start, here and in the other processes. */
  get cases(): number {
    return this.#cases.total;
  }

  /** The sums of the newest case, for what became known of an older one: the count stays. */
  newest(segment: string): Float64Array {
    const row = this.row(segment);
    row[0] = (row[0] ?? 0) - 1;
    if (segment === WHOLE) this.#cases.add(-1);
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
    this.#merge(totals, others);
    return totals;
  }

  counters(): Record<string, number> {
    const counters: Record<string, number> = this.#cases.counters();
    for (const [name, { own }] of this.#parts.entries()) {
      if (name !== WHOLE && this.#width > MAX_SHARED) break;
      for (const [index, value] of own.totals(0).entries()) if (value !== 0) counters[`${this.#mark}${index}|${name}`] = value;
    }
    return counters;
  }

  merge(parts: readonly Omit<CounterPart, 'sequence'>[]): void {
    for (const [, { others }] of this.#parts.entries()) others.fill(0);
    this.#cases.merge(parts);
    for (const { counters } of parts) {
      const rows = new Map<Float64Array, Float64Array>();
      for (const [name, value] of Object.entries(counters)) {
        const cut = name.indexOf('|');
        const index = name.startsWith(this.#mark) ? Number(name.slice(this.#mark.length, cut)) : NaN;
        if (cut < 0 || !(index >= 0 && index < this.#width)) continue;
        const { others } = this.#parts.of(name.slice(cut + 1));
        const row = rows.get(others) ?? new Float64Array(this.#width);
        row[index] = (row[index] ?? 0) + value;
        rows.set(others, row);
      }
      for (const [others, row] of rows) this.#merge(others, row);
    }
  }
}
