/**
 *
 * @module
 */
export { cache } from './policies/cache.ts';
export type { AnswerStore, CacheOptions } from './policies/cache-options.ts';
