import { describe, expect, it } from 'vitest';
import { BloomFilter } from './bloom-filter.ts';

/** Independent words (splitmix32 with two increments). */
function hashOf(member: number, salt: number): number {
  let x = (member * 0x9e37_79b9 + salt) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0_aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

describe('a Bloom filter', () => {
  it('never takes a known member for a new one, and refuses about 0.2 % of a million new ones', () => {
    const filter = new BloomFilter();
    let refused = 0;
    for (let member = 0; member < 1e6; member++) if (!filter.add(hashOf(member, 1), hashOf(member, 0x5bd1_e995))) refused++;
    for (let member = 0; member < 1e6; member += 7) {
      expect(filter.has(hashOf(member, 1), hashOf(member, 0x5bd1_e995))).toBe(true);
      expect(filter.add(hashOf(member, 1), hashOf(member, 0x5bd1_e995))).toBe(false);
    }
    expect(refused / 1e6).toBeLessThan(0.005);
  });

  it('is empty after clear', () => {
    const filter = new BloomFilter();
    expect(filter.has(1, 2)).toBe(false);
    expect(filter.add(1, 2)).toBe(true);
    expect(filter.has(1, 2)).toBe(true);
    filter.clear();
    expect(filter.add(1, 2)).toBe(true);
  });
});
