import { count, countOr0, readOptions } from '../errors/index.ts';
import type { SlotPolicy } from '../types/index.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';

export interface ConcurrencyLimitOptions {
  /** A fixed number of calls at once, at least 1. @defaultValue an adaptive limit */
  readonly limit?: number;
  /** Lowest adaptive limit. @defaultValue 1 */
  readonly min?: number;
  /** First adaptive limit. @defaultValue 20 (failsafe-go), within min and max */
  readonly start?: number;
  /** Highest adaptive limit. @defaultValue 200, or min where that is more */
  readonly max?: number;
  /**
   * Calls that may wait for a place; 0 for no queue. When it is full, the newest of the least important calls is shed.
   * @defaultValue twice the limit
   */
  readonly maxQueue?: number;
}

const LIMIT = { limit: count, min: count, start: count, max: count, maxQueue: countOr0 };

/**
 * Limits how many calls run at once; more wait in a bounded queue, more important ones first, no longer than their deadline.
 * With no `limit` it adapts to how latency moves with load.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function concurrencyLimit(options: ConcurrencyLimitOptions = {}): SlotPolicy<'concurrencyLimit'> {
  const { limit, maxQueue, ...given } = readOptions('concurrencyLimit', options, LIMIT, {}, (settings) => {
    const { min, start, max } = range(settings);
    const isFixed = settings.limit !== undefined;
    const adapts = (settings.min ?? settings.max ?? settings.start) !== undefined;
    return [
      [min <= start && start <= max, 'start', `min (${min}), start and max (${max}) in this order`],
      [!isFixed || !adapts, 'limit', 'a fixed limit, or min, start and max of an adaptive one'],
    ];
  });
  return {
    kind: 'concurrencyLimit',
    slot: () => new ConcurrencyLimiter(limit ?? new AdaptiveLimit(range(given)), maxQueue),
  };
}

/** The bounds of an adaptive limit, those that were not given fitted to those that were. */
function range({ min = 1, max = Math.max(200, min), start = Math.min(max, Math.max(min, 20)) }: ConcurrencyLimitOptions): {
  readonly min: number;
  readonly start: number;
  readonly max: number;
} {
  return { min, start, max };
}
