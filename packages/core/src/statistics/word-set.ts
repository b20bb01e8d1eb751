import { BloomFilter } from './bloom-filter.ts';

const SMALLEST = 1024;
/** Slots of the largest table: 2 MiB. */
const LARGEST = 2 ** 19;
/** Marks an empty slot; as a member it is kept apart. */
const EMPTY = 0;

/**
 * A set of 32-bit words, such as hashes of users, in at most 2 MiB (4 while it changes over). Up to 262,144 members it is exact:
 * an open-addressed table that grows by doubling, so that few members are found in a cache line that is at hand. From then on it is a
 * {@link BloomFilter}: it may take a new member for a known one, never the other way round.
 */
export class WordSet {
  #table: Uint32Array = NONE;
  #members = 0;
  #hasZero = false;
  #filter: BloomFilter | undefined;

  /** Adds a member; whether it was new. */
  add(word: number): boolean {
    const member = word >>> 0;
    if (this.#filter !== undefined) return this.#filter.add(member, spread(member));
    if (member === EMPTY) {
      const isNew = !this.#hasZero;
      this.#hasZero = true;
      return isNew;
    }
    if (this.#members * 2 >= this.#table.length) {
      this.#grow();
      return this.add(member);
    }
    const slot = slotOf(this.#table, member);
    if (this.#table[slot] === member) return false;
    this.#table[slot] = member;
    this.#members++;
    return true;
  }

  /** Whether a member may have been added. */
  has(word: number): boolean {
    const member = word >>> 0;
    if (this.#filter !== undefined) return this.#filter.has(member, spread(member));
    if (member === EMPTY) return this.#hasZero;
    return this.#members > 0 && this.#table[slotOf(this.#table, member)] === member;
  }

  #grow(): void {
    const before = this.#table;
    if (before.length >= LARGEST) {
      const filter = new BloomFilter();
      for (const member of before) if (member !== EMPTY) filter.add(member, spread(member));
      if (this.#hasZero) filter.add(EMPTY, spread(EMPTY));
      this.#filter = filter;
      this.#table = NONE;
      return;
    }
    const table = new Uint32Array(Math.max(SMALLEST, before.length * 2));
    for (const member of before) if (member !== EMPTY) table[slotOf(table, member)] = member;
    this.#table = table;
  }
}

const NONE = new Uint32Array(0);

/** Where a member is, or would be: the first slot from its own one on that holds it or nothing. */
function slotOf(table: Uint32Array, member: number): number {
  const mask = table.length - 1;
  let slot = spread(member) & mask;
  for (let found = table[slot]; found !== EMPTY && found !== member; found = table[slot]) slot = (slot + 1) & mask;
  return slot;
}

/** Another word of the same member (a finaliser of MurmurHash3's kind): words need not be spread over their bits. */
function spread(member: number): number {
  const x = Math.imul(member ^ (member >>> 16), 0x21f0_aaad);
  return (x ^ (x >>> 15)) >>> 0;
}
