import { PrefixedHash } from '../statistics/sketches/murmur3.ts';

/** Buckets that shares are counted in: a share is exact to 0.01 %. */
export const TOTAL_WEIGHT = 10_000;
/**
 * The bucket of a 32-bit hash: `(u64(h) · totalWeight) >> 32`, without the bias of a remainder. Exact in a double for every
 * total below 2^21.
 */
export function bucketOf(hash: number, totalWeight: number): number {
  return Math.floor((hash * totalWeight) / 0x1_0000_0000);
}

/** Where one challenger's units are: buckets from `from` up to but not including `to`. */
export interface BucketRange {
  readonly variant: string;
  readonly from: number;
  readonly to: number;
}

/**
 * A reserved range for each challenger, so that changing one share never moves a unit of another and a share that grows keeps
 * the units it had: the buckets are divided into equal blocks, two challengers a block, one growing up from its start and one
 * down from its end. The champion takes what is left.
 *
 * @param shares fractions 0–1 by challenger, in an order that must stay; list a challenger with share 0 to reserve its place
 * @returns ranges, or the name of the first challenger whose block cannot hold its share
 */
export function reserveRanges(
  shares: readonly (readonly [variant: string, share: number])[],
): readonly BucketRange[] | { readonly overflow: string; readonly room: number } {
  const blocks = Math.max(1, Math.ceil(shares.length / 2));
  const size = Math.floor(TOTAL_WEIGHT / blocks);
  const ranges: BucketRange[] = [];
  for (const [index, [variant, share]] of shares.entries()) {
    const start = Math.floor(index / 2) * size;
    const weight = Math.round(share * TOTAL_WEIGHT);
    const partner = index % 2 === 1 ? (ranges[index - 1]?.to ?? start) - start : 0;
    if (partner + weight > size) return { overflow: variant, room: (size - partner) / TOTAL_WEIGHT };
    ranges.push(
      index % 2 === 0 ? { variant, from: start, to: start + weight } : { variant, from: start + size - weight, to: start + size },
    );
  }
  return ranges;
}

/** Ranges side by side, for shares that change in any direction: units move when they do. */
export function rangesInTurn(shares: readonly (readonly [variant: string, share: number])[]): readonly BucketRange[] {
  let from = 0;
  return shares.map(([variant, share]) => {
    const range = { variant, from, to: Math.min(TOTAL_WEIGHT, from + Math.round(share * TOTAL_WEIGHT)) };
    from = range.to;
    return range;
  });
}

/** Version 1 of the hash and the ranges: maps units to buckets under a seed: the same unit always has the same bucket, in every process and language. */
export class Bucketing {
  readonly #hash: PrefixedHash;

  /** Different purposes take different seeds, so that assignment and sampling are independent. */
  constructor(seed: string) {
    this.#hash = new PrefixedHash(`${seed}:`);
  }

  /** 0 to 9,999. */
  bucket(unit: string): number {
    return bucketOf(this.#hash.of(unit), TOTAL_WEIGHT);
  }
}
