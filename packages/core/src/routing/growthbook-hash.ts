/** 1 is what GrowthBook uses where an experiment or a rule names no `hashVersion`. */
export type GrowthBookHashVersion = 1 | 2;

/** FNV-1a, 32 bits (G. Fowler, L. C. Noll, K.-P. Vo), over UTF-16 code units instead of bytes, as GrowthBook does. */
function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The whole hash: GrowthBook keeps its remainder by {@link growthBookBuckets}. */
export function growthBookHash(seed: string, unit: string, version: GrowthBookHashVersion): number {
  return version === 1 ? fnv1a32(unit + seed) : fnv1a32(String(fnv1a32(seed + unit)));
}

/** In how many buckets a version of the hash divides units. */
export function growthBookBuckets(version: GrowthBookHashVersion): number {
  return version === 1 ? 1000 : 10_000;
}

/**
 * Where GrowthBook's SDKs put a unit, as they say it: a number in [0, 1), which they compare with ranges. The same for
 * every string, also beyond ASCII.
 *
 * @param seed the experiment's or rule's `seed`, by default its key
 * @param unit the value of the hash attribute
 * @param version @defaultValue 2
 */
export function growthBookBucket(seed: string, unit: string, version: GrowthBookHashVersion = 2): number {
  const buckets = growthBookBuckets(version);
  return (growthBookHash(seed, unit, version) % buckets) / buckets;
}
