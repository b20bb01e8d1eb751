import type { SlotPolicy } from '../types/index.ts';
import { AnswerCache, answerMemory } from './answer-cache.ts';
import { type CacheOptions, readCacheOptions } from './cache-options.ts';
import { makeReuse } from './reuse.ts';

/**
 * Answers a call with what an equal one was answered before: one of the same variant, version, tenant and input. `servedBy.tier` is then `'cache'`,
 * and nothing is used. Kept are whole answers of the variant that was assigned: none that was degraded, cut off, filtered or refused, and none
 * of rules or `always()`. Variants with `effects: 'once'` are not cached.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function cache(options: CacheOptions): SlotPolicy<'cache'> {
  const settings = readCacheOptions(options);
  const { maxBytes } = settings;
  return {
    kind: 'cache',
    slot: ({ shared }) => {
      const memory = shared('model', `cache/${maxBytes}`, () => answerMemory(maxBytes));
      return Object.assign(new AnswerCache(settings, memory), { '~reuse': makeReuse });
    },
  };
}
