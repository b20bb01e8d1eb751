import type { SlotPolicy } from '../spec/index.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';
import { readOptions } from './options.ts';

export interface ConcurrencyLimitOptions {
  /** A fixed number of calls at once, at least 1. @defaultValue an adaptive limit */
  readonly limit?: number;
  /** Lowest adaptive limit. @defaultValue 1 */
  readonly min?: number;
  /** First adaptive limit. @defaultValue 20 (failsafe-go) */
  readonly start?: number;
  /** Highest adaptive limit. @defaultValue 200 */
  readonly max?: number;
  /** Calls that may wait for a place; beyond it the least important and newest is shed. 0 for no queue. @defaultValue twice the limit */
  readonly maxQueue?: number;
}

/**
 * Limits how many calls run at once; more wait in a bounded queue, more important ones first, no longer than their deadline.
 * With no `limit` it adapts to how latency moves with load.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function concurrencyLimit(options: ConcurrencyLimitOptions = {}): SlotPolicy<'concurrencyLimit'> {
  const { min: least = 1, max: most = Math.max(200, least) } = options;
  const { limit, min, start, max, maxQueue } = readOptions(
    'concurrencyLimit',
    options,
    {
      limit: ['count'],
      min: ['count', 1],
      max: ['count', most],
      start: ['count', Math.min(most, Math.max(least, 20))],
      maxQueue: ['count or 0'],
    },
    ({ limit, min, start, max }) => [
      [min <= start && start <= max, 'start', `min (${min}), start and max (${max}) in this order`],
      [
        limit === undefined || (options.min ?? options.max ?? options.start) === undefined,
        'limit',
        'a fixed limit, or min, start and max of an adaptive one',
      ],
    ],
  );
  return {
    kind: 'concurrencyLimit',
    slot: () => new ConcurrencyLimiter(limit ?? new AdaptiveLimit({ min, start, max }), maxQueue),
  };
}
