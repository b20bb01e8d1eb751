import { murmur3 } from '../statistics/sketches/murmur3.ts';

/** The seed of Unleash's hash for variants, so that they do not depend on the rollout; a strategy's seed is 0. */
const VARIANT_SEED = 86_028_157;

/**
 * Where Unleash's gradual rollout puts a unit: an integer 1 to 100. The flag is on if it is at most the rollout's percentage.
 *
 * @param groupId of the strategy, by default the flag's name
 * @param unit the value of its stickiness
 */
export function unleashPercent(groupId: string, unit: string): number {
  return (murmur3(`${groupId}:${unit}`) % 100) + 1;
}

/**
 * Where Unleash puts a unit among variants: an integer 1 to `totalWeight`. A unit has the first variant at which the weights,
 * added up in their order, reach it.
 *
 * @param totalWeight sum of the variants' weights, an integer of at least 1; 1000 in Unleash's own interface
 */
export function unleashVariantWeight(groupId: string, unit: string, totalWeight: number): number {
  return (murmur3(`${groupId}:${unit}`, VARIANT_SEED) % totalWeight) + 1;
}
