import { LRUCache } from 'lru-cache';
import type { PolicySnapshot } from '../types/index.ts';
import type { CacheSettings } from './cache-options.ts';
import type { KeptAnswer } from './kept-answer.ts';

interface Entry {
  readonly answer: KeptAnswer;
  /** When it was answered, on the monotonic clock. */
  readonly at: number;
}

/** Answers in memory, those that were used last first. */
export type AnswerMemory = LRUCache<string, Entry>;

export const answerMemory = (maxBytes: number): AnswerMemory => new LRUCache({ maxSize: maxBytes });

/** What is found of a key. */
export interface Found {
  readonly answer: KeptAnswer;
  readonly isStale: boolean;
}

/** What an entry takes beside its key and its answer, about, in bytes. */
const ENTRY_BYTES = 200;

/** The answers of one variant, in the memory of its model. */
export class AnswerCache {
  readonly settings: CacheSettings;
  readonly #memory: AnswerMemory;
  readonly counts = {
    hits: 0,
    stale: 0,
    misses: 0,
    kept: 0,
    notKept: 0,
    noKey: 0,
    memoryOnly: 0,
    refreshed: 0,
    storeFailures: 0,
  };

  constructor(settings: CacheSettings, memory: AnswerMemory) {
    this.settings = settings;
    this.#memory = memory;
  }

  /** What is in memory of a key, while it may be served. */
  find(key: string, now: number): Found | undefined {
    const entry = this.#memory.get(key);
    if (entry === undefined) return undefined;
    const age = now - entry.at;
    if (this.isOver(age)) {
      this.#memory.delete(key);
      return undefined;
    }
    return { answer: entry.answer, isStale: age >= this.settings.ttlMs };
  }

  /**
   * @param at when it was answered, on the monotonic clock
   * @returns whether there is room for it
   */
  put(key: string, answer: KeptAnswer, at: number): boolean {
    const size = 2 * key.length + answer.bytes + ENTRY_BYTES;
    // Beyond its bounds it forgets the old answer, too.
    this.#memory.set(key, { answer, at }, { size });
    return size <= this.#memory.maxSize;
  }

  /** Whether an answer of this age, in milliseconds, may be served no more. */
  isOver(age: number): boolean {
    return age >= this.settings.ttlMs + this.settings.staleMs;
  }

  snapshot(): PolicySnapshot {
    return { ...this.counts, entries: this.#memory.size, bytes: this.#memory.calculatedSize };
  }
}
