import { Bucketing, TOTAL_WEIGHT } from './bucketing.ts';
import { growthBookBuckets, growthBookHash, type GrowthBookHashVersion } from './growthbook-hash.ts';
import { PrefixedHash } from '../statistics/sketches/murmur3.ts';

/**
 * How units are hashed: our own way, or that of the system a team comes from, so that a unit stays where it is. Under
 * `growthbook` the range [0, 0.05) holds the units of a share of 5 %, under `unleash` a gradual rollout of 5 % does. A rule of
 * GrowthBook with `coverage` in place of a range takes one bucket more: 0.05 there is 0.0501 here, and 0.051 in version 1.
 */
export type UnitHash =
  | 'understudy'
  | {
      readonly kind: 'growthbook';
      /** The seed of the experiment or rule, by default its key there. */
      readonly seed: string;
      /** 1 where the rule or experiment names no `hashVersion`. @defaultValue 2 */
      readonly version?: GrowthBookHashVersion;
    }
  | {
      readonly kind: 'unleash';
      /** The group of the strategy, by default the flag's name there. */
      readonly groupId: string;
    };

/** Maps a unit to its bucket: the same in every process. */
export interface UnitBuckets {
  /** 0 to 9,999. */
  bucket(unit: string): number;
}

/**
 * Divides their coarser buckets into ours. The remainder is their bucket; which part of it a unit is in comes from the
 * quotient, so that a share between two of theirs, such as 2.5 % of Unleash's hundred, has the probability that is recorded.
 */
function refined(hash: number, buckets: number): number {
  const parts = TOTAL_WEIGHT / buckets;
  return (hash % buckets) * parts + (Math.floor(hash / buckets) % parts);
}

/** @param seed of our own hash; the others bring theirs */
export function unitBuckets(hash: UnitHash, seed: string): UnitBuckets {
  if (hash === 'understudy') return new Bucketing(seed);
  if (hash.kind === 'unleash') {
    const hashes = new PrefixedHash(`${hash.groupId}:`);
    return { bucket: (unit) => refined(hashes.of(unit), 100) };
  }
  const { seed: theirs, version = 2 } = hash;
  const buckets = growthBookBuckets(version);
  return { bucket: (unit) => refined(growthBookHash(theirs, unit, version), buckets) };
}
