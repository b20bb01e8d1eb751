import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WordSet } from './word-set.ts';

describe('a set of words', () => {
  it('is exact while it is small, whatever the words', () => {
    const word = fc.oneof(fc.nat(40), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 3000 }), (words) => {
        const set = new WordSet();
        const known = new Set<number>();
        for (const one of words) {
          expect(set.has(one)).toBe(known.has(one));
          expect(set.add(one)).toBe(!known.has(one));
          known.add(one);
        }
        for (const one of known) expect(set.has(one)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('takes a negative word for its unsigned one', () => {
    const set = new WordSet();
    expect(set.add(-1)).toBe(true);
    expect(set.add(2 ** 32 - 1)).toBe(false);
  });

  it('finds sequences that differ in their upper bits alone without trying every slot', () => {
    const set = new WordSet();
    for (let index = 0; index < 50_000; index++) expect(set.add(index * 2 ** 16)).toBe(true);
    for (let index = 0; index < 50_000; index++) expect(set.has(index * 2 ** 16)).toBe(true);
  });

  it('forgets nobody when it becomes a filter, and refuses about 0.2 % of a million', () => {
    const set = new WordSet();
    const wordOf = (member: number): number => Math.imul(member + 1, 0x9e37_79b1) >>> 0;
    expect(set.add(0)).toBe(true);
    let refused = 0;
    for (let member = 0; member < 1e6; member++) if (!set.add(wordOf(member))) refused++;
    for (let member = 0; member < 1e6; member++) if (!set.has(wordOf(member))) throw new Error(`${member} was forgotten`);
    expect(set.has(0)).toBe(true);
    expect(set.add(wordOf(7))).toBe(false);
    expect(refused / 1e6).toBeLessThan(0.005);
  });
});
