import type { MaybePromise } from '@understudy/core';

/** Where the keys of subjects are kept. Destroying a key erases everything that was sealed under it. */
export interface SubjectKeys {
  /**
   * The keys of these subjects, 32 bytes each, in their order; a subject that has none gets a new one. New keys are durable before
   * it resolves: what is sealed under a key that is lost is lost.
   */
  keysOf(subjects: readonly string[]): MaybePromise<readonly Uint8Array[]>;
  /** The key of a subject, or `undefined` where there is none. */
  find(subject: string): MaybePromise<Uint8Array | undefined>;
  /** Destroys the key of a subject, for good when it resolves. Answers whether there was one. */
  destroy(subject: string): MaybePromise<boolean>;
  /** All keys, to open what is sealed: for `exportLedger` and `verifyLedger`. */
  all(): MaybePromise<Iterable<Uint8Array>>;
}
