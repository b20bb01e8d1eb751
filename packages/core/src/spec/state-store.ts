/** One versioned document. `version` grows by one with each change; 0 means that it does not exist yet. */
export interface Versioned {
  readonly version: number;
  readonly value: unknown;
}

/** Where state that changes behaviour lives: small JSON documents, changed only by compare-and-set. */
export interface StateStore {
  readonly name: string;
  /** Whether documents are gone when this process ends. */
  readonly volatile: boolean;
  read(key: string, options?: { readonly signal?: AbortSignal }): Promise<Versioned>;
  /** Writes `value` if the document is still at `expectedVersion`; returns the new version, or `undefined` when another writer was faster. */
  compareAndSet(key: string, expectedVersion: number, value: unknown): Promise<number | undefined>;
  /** Calls `changed` after a change of the document, by anyone; returns what ends that. */
  watch?(key: string, changed: () => void): () => void;
  close?(): Promise<void>;
}
