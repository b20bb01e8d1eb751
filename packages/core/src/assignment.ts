/**
 * Assign units as other systems do: their hashes, and the buckets of a model.
 *
 * @module
 */
export { Bucketing } from './routing/bucketing.ts';
export { unitHashOf } from './routing/decision-id.ts';
export { growthBookBucket } from './routing/growthbook-hash.ts';
export type { UnitHash } from './routing/unit-hash.ts';
export { unleashPercent, unleashVariantWeight } from './routing/unleash-hash.ts';
export { murmur3 } from './statistics/sketches/murmur3.ts';
export type { AssignedVariant, AssignUnit, UnitContext } from './types/assign-unit.ts';
