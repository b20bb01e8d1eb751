import { callback, count, type Kinds, ms, msOr0, readOptions, required, type Settings, withMethods } from '../errors/index.ts';
import type { MaybePromise } from '../types/index.ts';

/** Where answers outlive a process: a Keyv, a `Map`, or whatever has these two methods. It is given texts alone. */
export interface AnswerStore {
  get(key: string): MaybePromise<unknown>;
  /** @param ttlMs after which the value may be forgotten, in milliseconds */
  set(key: string, value: string, ttlMs: number): unknown;
}

export interface CacheOptions {
  /** How long an answer is good, in milliseconds over 0. */
  readonly ttlMs: number;
  /** How long after that it is still served while it is asked anew in the background, in milliseconds. @defaultValue 0 */
  readonly staleMs?: number;
  /** How much memory the answers of a model may take, in bytes, about: those that were not used for the longest time go first. @defaultValue 67108864 (64 MiB) */
  readonly maxBytes?: number;
  /** Keeps answers beyond the process, and for other processes. @defaultValue none: in memory alone */
  readonly store?: AnswerStore;
  /** How long a call waits for the store, in milliseconds over 0. @defaultValue 50 */
  readonly storeTimeoutMs?: number;
  /** What of an input makes two calls equal, as data that JSON carries. @defaultValue all of it */
  readonly key?: (input: never) => unknown;
}

const DEFAULTS = { staleMs: 0, maxBytes: 64 * 1024 * 1024, storeTimeoutMs: 50 } as const;

const CACHE: Kinds<CacheOptions> = {
  ttlMs: required(ms),
  staleMs: msOr0,
  maxBytes: count,
  store: withMethods('get', 'set'),
  storeTimeoutMs: ms,
  key: callback,
};

export type CacheSettings = Settings<CacheOptions, typeof DEFAULTS>;

/** @throws UnderstudyError `CONFIGURATION_INVALID` */
export const readCacheOptions = (options: CacheOptions): CacheSettings => readOptions('cache', options, CACHE, DEFAULTS);
