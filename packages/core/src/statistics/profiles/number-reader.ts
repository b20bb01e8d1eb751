/** Objects with more keys than this for each that is read, and some more, are read key by key. */
const MAX_KEYS = 4;
const SOME_MORE = 16;

/**
 * Reads the numbers at the top of objects into an array; it runs on the call path. Objects of a schema have their keys in one
 * order: it is learnt, and read along, which takes a few nanoseconds a key, against 15 for a key that is looked up.
 */
export class NumberReader {
  readonly #slots = new Map<string, number>();
  /** Keys in the order of the objects so far; `undefined` where there is none that is worth it. */
  #order: string[] | undefined = [];
  /** The slot of each key in that order; the last one for a key that nobody asked for. */
  #places = new Uint32Array(0);
  #values = new Float64Array(1);

  /** The number of each slot in the object that was read last, NaN where it is missing, not enumerable or no number; valid until the next one is read. */
  get values(): Float64Array {
    return this.#values;
  }

  /** Where {@link values} has the number of this key from the next object on. */
  slotOf(key: string): number {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#slots.size;
    this.#slots.set(key, slot);
    this.#values = new Float64Array(slot + 2).fill(NaN);
    if (this.#order !== undefined) this.#place(this.#order);
    return slot;
  }

  /** Fills {@link values}. Throws what a getter of the object throws. */
  read(object: unknown): void {
    const values = this.#values;
    if (typeof object !== 'object' || object === null) return void values.fill(NaN);
    const input = object as Readonly<Record<string, unknown>>;
    const order = this.#order;
    if (order === undefined) return this.#lookUp(input);
    const places = this.#places;
    let at = 0;
    for (const key in input) {
      if (key !== order[at]) {
        at = this.#skipTo(key, at, order);
        if (at === order.length) return this.#learn(input, order);
      }
      const place = places[at++] as number;
      const value = input[key];
      // Twice, as V8 takes longer to choose between a number and NaN.
      values[place] = NaN;
      if (typeof value === 'number') values[place] = value;
    }
    if (at < order.length) this.#skipTo(undefined, at, order);
  }

  /** Marks keys as missing, up to this one; returns where it is, or the end. */
  #skipTo(key: string | undefined, from: number, order: readonly string[]): number {
    let at = from;
    for (; at < order.length && order[at] !== key; at++) this.#values[this.#places[at] as number] = NaN;
    return at;
  }

  #lookUp(input: Readonly<Record<string, unknown>>): void {
    for (const [key, slot] of this.#slots) {
      const value = input[key];
      this.#values[slot] = typeof value === 'number' ? value : NaN;
    }
  }

  /** Puts new keys where this object has them; objects in every order, or with ever new keys, are looked up from then on. */
  #learn(input: Readonly<Record<string, unknown>>, order: string[]): void {
    let at = 0;
    let isOrdered = true;
    for (const key in input) {
      const known = order.indexOf(key);
      if (known < 0) order.splice(at++, 0, key);
      else if (known >= at) at = known + 1;
      else isOrdered = false;
      if (order.length > this.#slots.size * MAX_KEYS + SOME_MORE) isOrdered = false;
      if (!isOrdered) break;
    }
    this.#order = isOrdered ? order : undefined;
    this.#place(order);
    this.read(input);
  }

  #place(order: readonly string[]): void {
    const nobody = this.#slots.size;
    this.#places = Uint32Array.from(order, (key) => this.#slots.get(key) ?? nobody);
  }
}
