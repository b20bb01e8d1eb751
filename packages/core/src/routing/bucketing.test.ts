import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Assigner } from './assignment.ts';
import { Bucketing, bucketOf, type BucketRange, reserveRanges, TOTAL_WEIGHT } from './bucketing.ts';
import { murmur3, PrefixedHash } from '../statistics/sketches/murmur3.ts';

describe('murmur3 x86 32', () => {
  test.each([
    ['', 0],
    ['a', 1009084850],
    ['gr1:123', 538421172],
    ['groupX:999', 3843606124],
    ['ejOoVL', 0x00000000],
    ['bY9fO-', 0x00000001],
    ['SI7p-', 0x7fffffff],
    ['6LvT0', 0x80000000],
    ['ceQdGm', 0xffffffff],
  ])('reference vector %j', (text, expected) => {
    expect(murmur3(text)).toBe(expected);
  });

  test("Unleash's normalisation and flagd's fractional buckets follow from it", () => {
    expect([(murmur3('gr1:123') % 100) + 1, (murmur3('exp-1:user-1', 86028157) % 1000) + 1]).toEqual([73, 269]);
    expect(['ejOoVL', 'ceQdGm', '6LvT0'].map((key) => bucketOf(murmur3(key), 100))).toEqual([0, 99, 50]);
  });

  test('conformance row 39: over UTF-8 bytes, whatever the prefix is split into', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), fc.nat(), (prefix, text, seed) => {
        expect(new PrefixedHash(prefix, seed).of(text)).toBe(murmur3(prefix + text, seed));
      }),
      { seed: 15 },
    );
    expect(murmur3('é')).toBe(new PrefixedHash('', 0).of('\u00e9'));
    expect(murmur3('é')).not.toBe(murmur3('e\u0301'));
    // From an independent implementation (MurmurHash3 over the bytes c3 a9).
    expect(murmur3('é')).toBe(referenceMurmur3(new TextEncoder().encode('é')));
  });
});

/** The algorithm in its plainest form, over bytes. */
function referenceMurmur3(bytes: Uint8Array): number {
  let h = 0n;
  const mask = 0xffffffffn;
  const rotate = (x: bigint, r: bigint): bigint => ((x << r) | (x >> (32n - r))) & mask;
  const scramble = (k: bigint): bigint => (rotate((k * 0xcc9e2d51n) & mask, 15n) * 0x1b873593n) & mask;
  let index = 0;
  for (; index + 4 <= bytes.length; index += 4) {
    let k = 0n;
    for (let at = 3; at >= 0; at--) k = (k << 8n) | BigInt(bytes[index + at] ?? 0);
    h = (rotate(h ^ scramble(k), 13n) * 5n + 0xe6546b64n) & mask;
  }
  let tail = 0n;
  for (let at = bytes.length - 1; at >= index; at--) tail = (tail << 8n) | BigInt(bytes[at] ?? 0);
  if (index < bytes.length) h ^= scramble(tail);
  h ^= BigInt(bytes.length);
  h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
  h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
  return Number(h ^ (h >> 16n));
}

describe('reserved ranges', () => {
  const ranges = (shares: readonly (readonly [string, number])[]): readonly BucketRange[] => {
    const made = reserveRanges(shares);
    if ('overflow' in made) throw new Error(`overflow ${made.overflow}`);
    return made;
  };
  const holder = (made: readonly BucketRange[], bucket: number): string =>
    made.find(({ from, to }) => bucket >= from && bucket < to)?.variant ?? 'champion';

  test('one grows up, the other down; a share that no block can hold is told', () => {
    expect(
      ranges([
        ['a', 0.1],
        ['b', 0.2],
      ]),
    ).toEqual([
      { variant: 'a', from: 0, to: 1000 },
      { variant: 'b', from: 8000, to: 10_000 },
    ]);
    expect(
      reserveRanges([
        ['a', 0.6],
        ['b', 0],
        ['c', 0.1],
      ]),
    ).toEqual({ overflow: 'a', room: 0.5 });
    expect(ranges([['a', 1]])).toEqual([{ variant: 'a', from: 0, to: TOTAL_WEIGHT }]);
  });

  test('conformance row 38: a unit in a smaller share stays in a larger one, also while the share of another changes', () => {
    const share = fc.integer({ min: 0, max: 2500 }).map((weight) => weight / TOTAL_WEIGHT);
    const stays = (): void =>
      fc.assert(
        fc.property(fc.array(share, { minLength: 1, maxLength: 4 }), fc.nat(3), share, (shares, which, other) => {
          const named = shares.map((value, index) => [`c${index}`, value] as const);
          const index = which % named.length;
          const changed = named.map(([name, value], at) => [name, at === index ? Math.max(value, other) : value] as const);
          const [before, after] = [ranges(named), ranges(changed)];
          for (let bucket = 0; bucket < TOTAL_WEIGHT; bucket += 7) {
            const held = holder(before, bucket);
            if (held !== 'champion' && holder(after, bucket) !== held) return false;
          }
          return true;
        }),
        { seed: 16 },
      );
    expect(stays).not.toThrow();
  });
});

describe('assignment', () => {
  const at = (share: number): Assigner => new Assigner('m', 'v3', reserveRanges([['v4', share]]) as readonly BucketRange[]);

  test('conformance row 38: 5 % ⊂ 25 % ⊂ 50 % over 1e5 units, in the shares that were asked for', () => {
    const [five, quarter, half] = [at(0.05), at(0.25), at(0.5)];
    const counts = [0, 0, 0];
    for (let unit = 0; unit < 100_000; unit++) {
      const chosen = [five, quarter, half].map((assigner) => assigner.assign(`unit-${unit}`, Math.random).variant === 'v4');
      chosen.forEach((inside, index) => (counts[index] = (counts[index] ?? 0) + (inside ? 1 : 0)));
      if (chosen[0] === true) expect(chosen[1]).toBe(true);
      if (chosen[1] === true) expect(chosen[2]).toBe(true);
    }
    // Four standard deviations of a binomial count.
    for (const [index, share] of [0.05, 0.25, 0.5].entries())
      expect(Math.abs((counts[index] ?? 0) - share * 1e5)).toBeLessThan(4 * Math.sqrt(1e5 * share * (1 - share)));
  });

  test('says with what probability, and a call without a unit is drawn', () => {
    expect(at(0.25).assign('', () => 0.2)).toMatchObject({ variant: 'v4', probability: 0.25, reason: 'split' });
    expect(at(0.25).assign('', () => 0.3)).toMatchObject({ variant: 'v3', probability: 0.75, reason: 'split' });
    expect(new Assigner('m', 'v3', []).assign('u', () => 0)).toMatchObject({ variant: 'v3', probability: 1, reason: 'champion' });
  });

  test('models and purposes are hashed apart', () => {
    const [a, b] = [new Bucketing('m/assignment'), new Bucketing('m/shadow/v4')];
    let same = 0;
    for (let unit = 0; unit < 10_000; unit++) if (a.bucket(`u${unit}`) < 1000 && b.bucket(`u${unit}`) < 1000) same++;
    expect(Math.abs(same - 100)).toBeLessThan(40);
  });
});
