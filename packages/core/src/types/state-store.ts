import type { MaybePromise } from './schema.ts';

/** One versioned document. `version` grows by one with each change; 0 means that it does not exist yet. */
export interface Versioned {
  readonly version: number;
  /** What is no JSON, because somebody else has written it, is given as its text. */
  readonly value: unknown;
}

/**
 * All that one instance has counted so far under a key. Parts are cumulative: a newer one replaces the older one of the same
 * instance, so that a repeat changes nothing and the next part makes up for one that was lost. The sum over the instances does
 * not depend on any order.
 */
export interface CounterPart {
  /** Unique for each start of a process. */
  readonly instance: string;
  /** Grows with each part of an instance. */
  readonly sequence: number;
  /** Finite numbers by name; at most some hundred names. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Something that is kept of a decision until its outcome comes. */
export interface KeptDecision {
  /** The decision's id: 1 to 64 URL-safe characters. */
  readonly id: string;
  /** JSON text. */
  readonly value: string;
}

/**
 * Where state that changes behaviour lives: small JSON documents, changed only by compare-and-set, and counters that are only
 * ever merged. Every method may reject while the store is away: callers keep what they know and try again. A store does no I/O
 * before its first call.
 */
export interface StateStore {
  readonly name: string;
  /** Whether documents are gone when this process ends. */
  readonly volatile: boolean;
  /** Whether the loss of a volatile store has been accepted: a rollout refuses to start on one otherwise. @defaultValue false */
  readonly acceptLoss?: boolean;
  read(key: string, options?: { readonly signal?: AbortSignal }): Promise<Versioned>;
  /** Writes `value` if the document is still at `expectedVersion`; returns the new version, or `undefined` when another writer was faster. */
  compareAndSet(key: string, expectedVersion: number, value: unknown): Promise<number | undefined>;
  /** Keeps a part of the counters under `key`; `false` when this or a newer part of the instance is there already, which is kept. */
  mergeCounters(key: string, part: CounterPart): Promise<boolean>;
  /** The newest part of every instance, in any order. */
  readCounters(key: string): Promise<readonly CounterPart[]>;
  /**
   * Claims members of a set for the caller, each at most once over all instances: true where this call was the first. It may
   * answer false for a member that nobody has claimed (a Bloom filter does, rarely), never true twice.
   *
   * @param members hexadecimal strings of 1 to 32 digits; at most 10,000 a call
   */
  claim(key: string, members: readonly string[]): Promise<readonly boolean[]>;
  /**
   * Keeps what belongs to decisions, for the outcomes that come later, in whatever process. A newer value of an id replaces the
   * older one. Absent: the store cannot, and a model with `outcomes.sharing` refuses it.
   *
   * @param entries at most 1,000 a call
   * @param keepMs after which they may be forgotten, in milliseconds: 1 or more
   */
  remember?(key: string, entries: readonly KeptDecision[], keepMs: number): Promise<void>;
  /** What was kept under these ids, in their order; `undefined` where nothing was, or is any more. @param ids at most 1,000 a call */
  recall?(key: string, ids: readonly string[]): Promise<readonly (string | undefined)[]>;
  /**
   * The store's own clock, in milliseconds since the Unix epoch: what processes share is stamped by it, so that they agree
   * whatever their own clocks say. Asked once a minute. Absent: it has none.
   */
  now?(): Promise<number>;
  /** Forgets counters and claims under `key`, for what is over. */
  forget(key: string): Promise<void>;
  /** Calls `changed` after a change of the document, by anyone; returns what ends that. Changes while the store is away may be missed: readers also poll. */
  watch?(key: string, changed: () => void): () => void;
  close?(): MaybePromise<void>;
}
