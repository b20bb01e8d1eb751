import type { StateStore, Versioned } from '../spec/index.ts';

/** Keeps documents in this process: the default, and enough where nothing must outlive a restart. */
export function memoryStore(): StateStore {
  const documents = new Map<string, Versioned>();
  const watchers = new Map<string, Set<() => void>>();
  return {
    name: 'memory',
    volatile: true,
    read: (key) => Promise.resolve(documents.get(key) ?? { version: 0, value: undefined }),
    compareAndSet: (key, expectedVersion, value) => {
      if ((documents.get(key)?.version ?? 0) !== expectedVersion) return Promise.resolve(undefined);
      const version = expectedVersion + 1;
      // A copy: what is stored must not change when the writer changes its object.
      documents.set(key, { version, value: structuredClone(value) });
      for (const changed of watchers.get(key) ?? []) changed();
      return Promise.resolve(version);
    },
    watch: (key, changed) => {
      const set = watchers.get(key) ?? new Set();
      watchers.set(key, set.add(changed));
      return () => set.delete(changed);
    },
  };
}
