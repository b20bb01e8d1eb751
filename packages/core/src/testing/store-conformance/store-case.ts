import type { MaybePromise, StateStore } from '../../types/index.ts';

export interface StoreContext {
  /**
   * A handle on the state under test. Every call within one case reaches the same state: a new handle where several processes
   * can share it, the same handle where they cannot. Whoever gives handles closes them after the case.
   */
  readonly open: () => MaybePromise<StateStore>;
}

export interface StoreCase {
  readonly title: string;
  /** Rejects with what was seen where the store does not do what the title says. Takes keys that nobody else uses. */
  readonly run: (context: StoreContext) => Promise<void>;
}

/** One that no other case and no other run takes. */
export const newKey = (): string => `conformance/${crypto.randomUUID()}`;
