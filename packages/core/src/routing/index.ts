export { type Assignment, Assigner } from './assignment.ts';
export { Bucketing, bucketOf, type BucketRange, HASH_VERSION, reserveRanges, TOTAL_WEIGHT } from './bucketing.ts';
export { type Comparator, type Comparison, cosine, sameData, sameLabel, sameSide, withinTolerance } from './comparators.ts';
export { DecisionIds, type Exposure, type ExposurePart, type IdSigner, nameHash } from './decision-id.ts';
export { murmur3, PrefixedHash } from './murmur3.ts';
export { RandomWords } from './random-words.ts';
export { type Defer, ShadowPool, type ShadowPoolOptions, type ShadowPoolStatus } from './shadow.ts';
export { ShadowJob, type ShadowResult, type ShadowTarget } from './shadow-job.ts';
