import type { ReportList } from './report-data.ts';

/** The newest so many of a stream, and how many went before. */
export class Newest<T> {
  readonly #max: number;
  readonly #items: T[] = [];
  #omitted = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(item: T): void {
    this.#items.push(item);
    // Cut in one go: shift() on each would move the whole list.
    if (this.#items.length >= 2 * this.#max) this.#omitted += this.#items.splice(0, this.#items.length - this.#max).length;
  }

  get list(): ReportList<T> {
    const { items, omitted } = lastOf(this.#items, this.#max);
    return { items, omitted: omitted + this.#omitted };
  }
}

/** Evenly thinned: beyond `max`, every second one of those kept goes, and so does every second one that comes; the last one stays. */
export class Thinned<T> {
  readonly #max: number;
  #items: T[] = [];
  #stride = 1;
  #count = 0;
  #last: T | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  add(item: T): void {
    const kept = this.#count++ % this.#stride === 0;
    this.#last = kept ? undefined : item;
    if (!kept) return;
    this.#items.push(item);
    if (this.#items.length < this.#max) return;
    this.#items = this.#items.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
    this.#last = item;
  }

  get list(): ReportList<T> {
    const items = this.#kept();
    return { items, omitted: this.#count - items.length };
  }

  #kept(): readonly T[] {
    return this.#last === undefined || this.#items.at(-1) === this.#last ? this.#items : [...this.#items, this.#last];
  }
}

/** The newest ids, so that a repeat is known: two generations, of which the older is dropped when the younger is full. */
export class RecentIds {
  readonly #max: number;
  #young = new Set<string>();
  #old = new Set<string>();

  /** @param max at least so many are remembered, and at most twice as many */
  constructor(max: number) {
    this.#max = max;
  }

  /** Whether it is new; from now on it is not. */
  add(id: string): boolean {
    if (this.#young.has(id) || this.#old.has(id)) return false;
    this.#young.add(id);
    if (this.#young.size >= this.#max) [this.#old, this.#young] = [this.#young, new Set()];
    return true;
  }
}

/** What belongs to a name, for the first so many names. */
export class FirstNames<T> {
  readonly #max: number;
  readonly #create: (name: string) => T;
  readonly #known = new Map<string, T>();

  constructor(max: number, create: (name: string) => T) {
    this.#max = max;
    this.#create = create;
  }

  /** `undefined` for a name beyond them. */
  of(name: string): T | undefined {
    const known = this.#known.get(name);
    if (known !== undefined || this.#known.size >= this.#max) return known;
    const created = this.#create(name);
    this.#known.set(name, created);
    return created;
  }

  get entries(): readonly (readonly [name: string, value: T])[] {
    return [...this.#known];
  }
}

export const firstOf = <T>(items: readonly T[], max: number): ReportList<T> => ({
  items: items.slice(0, max),
  omitted: Math.max(0, items.length - max),
});

export const lastOf = <T>(items: readonly T[], max: number): ReportList<T> => ({
  items: items.slice(Math.max(0, items.length - max)),
  omitted: Math.max(0, items.length - max),
});
