import type { SlotPolicy } from '../spec/index.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';
import { checkOptions } from './options.ts';

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
  const { limit, min = 1, max = Math.max(200, min), start = Math.min(max, Math.max(min, 20)), maxQueue } = options;
  checkOptions(
    'concurrencyLimit',
    {
      limit: ['count', limit],
      min: ['count', min],
      max: ['count', max],
      start: ['count', start],
      maxQueue: ['count or 0', maxQueue],
    },
    (problems) => {
      problems.expect(
        min <= start && start <= max,
        'concurrencyLimit.start',
        `expected min, start and max in this order, got ${min}, ${start}, ${max}`,
      );
      problems.expect(
        limit === undefined || (options.min ?? options.max ?? options.start) === undefined,
        'concurrencyLimit.limit',
        'expected a fixed limit, or min, start and max of an adaptive one',
      );
    },
  );
  return {
    kind: 'concurrencyLimit',
    slot: () => new ConcurrencyLimiter(limit ?? new AdaptiveLimit({ min, start, max }), maxQueue),
  };
}
