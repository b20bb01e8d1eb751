import { murmur3 } from '@understudy/core/assignment';

/** Whether a variant fails for a unit: at random over the units, and the same in every process, for every call. */
export function fails(variant: string, unit: string, rate: number): boolean {
  return murmur3(`${variant} fails for ${unit}`) / 2 ** 32 < rate;
}
