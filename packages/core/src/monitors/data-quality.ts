import { count, kind, type Kinds } from '../errors/index.ts';
import type { CounterPart, DecisionFact, MonitorReading, MonitorRun } from '../types/index.ts';
import { FleetCount } from './fleet-count.ts';
import type { InputNumbers } from './input-numbers.ts';
import type { ModelMonitor, MonitorOptions, BuiltInContext } from './monitor.ts';
import { monitorBase } from './monitor-base.ts';
import { reference, slidingWindow } from './option-kinds.ts';
import { FIELD_COUNTERS, type FieldWatch, watchesOf } from './profile/field-watch.ts';
import { NumberWatches } from './profile/number-watches.ts';
import { qualityReadings } from './profile/quality-readings.ts';
import type { Profile } from './profile/profile.ts';
import { referenceMatch } from './profile/reference-match.ts';
import { unreadableReading } from './profile/unreadable-reading.ts';
import { type WindowLength, WindowSums } from './window-sums.ts';

/** Options of {@link dataQuality}. */
export interface DataQualityOptions extends MonitorOptions {
  /** What was usual. Without it only the contract says what is good. */
  readonly reference?: Profile;
  /** The window that is judged. It slides by a 20th of its length. @defaultValue { ms: 3600000 }: an hour */
  readonly window?: WindowLength;
  /** Calls needed before anything is judged. @defaultValue 100 */
  readonly minCases?: number;
  /**
   * A field is in breach if more than this share of its values is missing, 0–1.
   * @defaultValue mean + 3 standard deviations over parts of the reference, at least 0.01; none without a reference
   */
  readonly missingAbove?: number;
  /** A field is in breach if the input schema refuses it in more than this share of calls, 0–1. @defaultValue 0.01 */
  readonly invalidAbove?: number;
  /** A field warns if more than this share of its values is out of range or of an unseen category, 0–1. @defaultValue 0.001 */
  readonly unusualAbove?: number;
  /** A field is in breach if more than this share of its values is of categories that the reference never had, 0–1. @defaultValue 0.005 */
  readonly unseenAbove?: number;
}

const HOUR = 3_600_000;

/**
 * Watches the inputs by field: missing values, refused ones, and with a reference numbers out of its range, categories that it never
 * had, and fields that became constant. Missing and refused values and new categories breach where the 95 % interval excludes the limit; the
 * rest warns.
 */
export function dataQuality(options: DataQualityOptions = {}): ModelMonitor {
  const { base, settings } = monitorBase<DataQualityOptions>('dataQuality', options, { confirmations: 3 }, KINDS);
  const { reference: profile } = settings;
  return {
    ...base,
    check: (context) => {
      if (profile !== undefined) return referenceMatch(profile, Object.keys(profile.input), false, context);
      const message =
        'expected a contract whose fields can be read (a zod object), or a reference: else there is no field to watch';
      return context.input === undefined ? [{ path: 'reference', message }] : [];
    },
    start: (context) => new DataQualityRun(settings, context),
  };
}

/** A share that something may exceed: not all. */
const exceeded = kind((value) => typeof value === 'number' && value >= 0 && value < 1, 'a share of at least 0, below 1');

const KINDS: Kinds<Omit<DataQualityOptions, keyof MonitorOptions>> = {
  reference,
  window: slidingWindow,
  minCases: count,
  missingAbove: exceeded,
  invalidAbove: exceeded,
  unusualAbove: exceeded,
  unseenAbove: exceeded,
};

/** Where the refused calls, and those with a problem in no known field, are counted, after the count of all. */
const REFUSED = 1;
const ELSEWHERE = 2;
const FIRST_FIELD = 3;
const placeOf = (field: number): number => FIRST_FIELD + field * FIELD_COUNTERS.length;

class DataQualityRun implements MonitorRun {
  readonly #options: DataQualityOptions;
  readonly #fields: readonly FieldWatch[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #numbers: InputNumbers;
  readonly #plain: NumberWatches;
  /** The positions of the other fields. */
  readonly #other: readonly number[];
  readonly #sums: WindowSums;
  readonly #others: Float64Array;
  readonly #who: number;
  #unreadable = 0;
  readonly #calls = new FleetCount();

  constructor(options: DataQualityOptions, { input = [], numbers }: Pick<BuiltInContext, 'input' | 'numbers'>) {
    this.#options = options;
    this.#fields = watchesOf(input, options.reference);
    this.#numbers = numbers;
    const plain = this.#fields.filter(({ isPlainNumber }) => isPlainNumber);
    const places = plain.map((field) => placeOf(this.#fields.indexOf(field)));
    this.#plain = new NumberWatches(plain, places, numbers.reader);
    this.#other = [...this.#fields.keys()].filter((field) => this.#fields[field]?.isPlainNumber === false);
    this.#places = new Map(this.#fields.map(({ name }, field) => [name, field]));
    const width = FIRST_FIELD + this.#fields.length * FIELD_COUNTERS.length;
    this.#sums = new WindowSums(width, options.window ?? { ms: HOUR });
    this.#others = new Float64Array(width);
    this.#who = numbers.register({
      count: (input, values, at) => this.#count(input, values, at),
      failed: () => void this.#unreadable++,
    });
  }

  observe(decision: DecisionFact): void {
    this.#calls.add();
    this.#numbers.count(decision, this.#who);
  }

  #count(input: unknown, values: Float64Array, at: number): void {
    const row = this.#sums.row(at);
    this.#plain.count(input, values, row);
    for (const field of this.#other) this.#fields[field]?.count(input, row, placeOf(field));
  }

  invalidInput(paths: readonly string[], at: number): void {
    this.#numbers.flush();
    const row = this.#sums.row(at);
    this.#calls.add();
    row[REFUSED] = (row[REFUSED] ?? 0) + 1;
    const fields = new Set(paths.map((path) => this.#place(path)));
    for (const field of fields) {
      const place = field === undefined ? ELSEWHERE : placeOf(field) + FIELD_COUNTERS.indexOf('invalid');
      row[place] = (row[place] ?? 0) + 1;
    }
  }

  read(now: number): readonly MonitorReading[] {
    this.#numbers.flush();
    this.#plain.tell();
    const totals = this.#totals(now);
    const readings = qualityReadings(
      this.#fields,
      { calls: totals[0] ?? 0, refused: totals[REFUSED] ?? 0, elsewhere: totals[ELSEWHERE] ?? 0 },
      totals.subarray(FIRST_FIELD),
      this.#options,
    );
    return [...readings, ...unreadableReading(this.#unreadable)];
  }

  cases(): number {
    return this.#calls.total;
  }

  counters(now: number): Record<string, number> {
    this.#numbers.flush();
    const counters = this.#calls.counters();
    const totals = this.#sums.totals(now);
    for (let at = 0; at < FIRST_FIELD; at++) if ((totals[at] ?? 0) > 0) counters[String(at)] = totals[at] ?? 0;
    for (const [field, { name }] of this.#fields.entries()) {
      for (const [index, counter] of FIELD_COUNTERS.entries()) {
        const count = totals[placeOf(field) + index] ?? 0;
        if (count > 0) counters[`${counter}|${name}`] = count;
      }
    }
    return counters;
  }

  merge(parts: readonly Omit<CounterPart, 'sequence'>[]): void {
    this.#calls.merge(parts);
    this.#others.fill(0);
    for (const { counters } of parts)
      for (const [name, count] of Object.entries(counters)) {
        const at = this.#counterAt(name);
        if (at !== undefined) this.#others[at] = (this.#others[at] ?? 0) + count;
      }
  }

  #counterAt(name: string): number | undefined {
    const cut = name.indexOf('|');
    if (cut < 0) return Number(name) < FIRST_FIELD ? Number(name) : undefined;
    const field = this.#places.get(name.slice(cut + 1));
    const index = FIELD_COUNTERS.findIndex((counter) => counter === name.slice(0, cut));
    return field === undefined || index < 0 ? undefined : placeOf(field) + index;
  }

  #totals(now: number): Float64Array {
    return this.#sums.totals(now).map((count, at) => count + (this.#others[at] ?? 0));
  }

  /** The field of a problem's path: `rows[2].amount` is of `rows` where no longer path is known. */
  #place(path: string): number | undefined {
    let known = path.replaceAll(/\[\d+\]/gu, '');
    while (known !== '') {
      const place = this.#places.get(known);
      if (place !== undefined) return place;
      known = known.slice(0, Math.max(0, known.lastIndexOf('.')));
    }
    return undefined;
  }
}
