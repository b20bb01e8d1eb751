/**
 * Answers that are used again: `cache()` and `coalesce()`. An entry of its own, so that who caches nothing loads nothing of it.
 *
 * @module
 */
export { cache } from './policies/cache.ts';
export type { AnswerStore, CacheOptions } from './policies/cache-options.ts';
export { coalesce } from './policies/coalesce.ts';
