import type { LeafRange } from './merkle.ts';

/** Whole numbers, as ranges that neither meet nor overlap, in order. */
export class Ranges {
  #list: LeafRange[] = [];

  get list(): readonly LeafRange[] {
    return this.#list;
  }

  add(from: number, to: number): void {
    if (from >= to) return;
    const apart = this.#list.filter((range) => range.to < from || range.from > to);
    const joined = this.#list.filter((range) => !apart.includes(range));
    const whole = {
      from: Math.min(from, ...joined.map((range) => range.from)),
      to: Math.max(to, ...joined.map((range) => range.to)),
    };
    this.#list = [...apart, whole].sort((a, b) => a.from - b.from);
  }

  remove(from: number, to: number): void {
    this.#list = this.#list.flatMap((range) =>
      range.to <= from || range.from >= to
        ? [range]
        : [
            { from: range.from, to: from },
            { from: to, to: range.to },
          ].filter((part) => part.from < part.to),
    );
  }

  has(value: number): boolean {
    return this.#list.some(({ from, to }) => value >= from && value < to);
  }
}
