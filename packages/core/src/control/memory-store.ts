import { flag, readOptions } from '../errors/index.ts';
import { RecentMap } from '../routing/recent-map.ts';
import { murmur3 } from '../statistics/sketches/murmur3.ts';
import type { CounterPart, StateStore, Versioned } from '../types/index.ts';
import { WordSet } from '../statistics/word-set.ts';

/** Most decisions that are kept of a key. At the 150 to 300 bytes of one this is 15 to 30 MB. */
const KEPT_DECISIONS = 100_000;

const NOTHING: Versioned = { version: 0, value: undefined };

/**
 * Keeps documents and counters in this process: the default, and enough where nothing must outlive a restart. Of decisions it
 * keeps the newest 100,000 a key, however old they are: without a clock, number is what bounds them.
 *
 * @param options.acceptLoss a rollout on this store is a configuration error otherwise: a deploy would undo it. @defaultValue false
 * @throws UnderstudyError `CONFIGURATION_INVALID`
 */
export function memoryStore(options: { readonly acceptLoss?: boolean } = {}): StateStore {
  const { acceptLoss } = readOptions('memoryStore', options, { acceptLoss: flag }, { acceptLoss: false });
  const documents = new Map<string, Versioned>();
  const watchers = new Map<string, Set<() => void>>();
  const counters = new Map<string, Map<string, CounterPart>>();
  const claims = new Map<string, WordSet>();
  const decisions = new Map<string, RecentMap<string>>();
  return {
    name: 'memory',
    volatile: true,
    acceptLoss,
    read: async (key) => structuredClone(documents.get(key) ?? NOTHING),
    compareAndSet: async (key, expectedVersion, value) => {
      if ((documents.get(key)?.version ?? 0) !== expectedVersion) return undefined;
      const version = expectedVersion + 1;
      // A copy: what is stored must not change when the writer changes its object.
      documents.set(key, { version, value: structuredClone(value) });
      for (const changed of watchers.get(key) ?? []) changed();
      return version;
    },
    mergeCounters: async (key, part) => {
      const parts = counters.get(key) ?? new Map<string, CounterPart>();
      if ((parts.get(part.instance)?.sequence ?? Number.NEGATIVE_INFINITY) >= part.sequence) return false;
      counters.set(key, parts.set(part.instance, structuredClone(part)));
      return true;
    },
    readCounters: async (key) => structuredClone([...(counters.get(key)?.values() ?? [])]),
    claim: async (key, members) => {
      const known = claims.get(key) ?? new WordSet();
      claims.set(key, known);
      return members.map((member) => known.add(murmur3(member)));
    },
    remember: async (key, entries) => {
      const known = decisions.get(key) ?? new RecentMap<string>(KEPT_DECISIONS);
      decisions.set(key, known);
      for (const { id, value } of entries) known.set(id, value);
    },
    recall: async (key, ids) => {
      const known = decisions.get(key);
      return ids.map((id) => known?.get(id));
    },
    forget: async (key) => {
      counters.delete(key);
      claims.delete(key);
    },
    watch: (key, changed) => {
      const set = watchers.get(key) ?? new Set();
      watchers.set(key, set.add(changed));
      return () => set.delete(changed);
    },
  };
}
