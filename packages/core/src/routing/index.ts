export { type Assignment, Assigner } from './assignment.ts';
export { Bucketing, type BucketRange, reserveRanges, TOTAL_WEIGHT } from './bucketing.ts';
export { type Comparator, type Comparison, cosine, sameData, sameLabel, sameSide, withinTolerance } from './comparators.ts';
export { DecisionIds, type Exposure, type ExposurePart, type IdSigner, nameHash } from './decision-id.ts';
export { murmur3 } from './murmur3.ts';
export { RandomWords } from './random-words.ts';
export { type Defer, ShadowPool, type ShadowPoolStatus } from './shadow.ts';
export { settleTickets, ShadowJob, type ShadowResult, type ShadowTarget, ShadowTicket } from './shadow-job.ts';
