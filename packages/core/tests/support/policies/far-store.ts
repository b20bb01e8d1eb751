import { memoryStore } from '../../../src/control/memory-store.ts';
import type { StateStore } from '../../../src/types/index.ts';
import type { Clock } from '../../../src/time/index.ts';

export interface FarStore extends StateStore {
  /** Every call rejects while it is away. */
  away: boolean;
  /** The next answers that are lost: the change is made, and its caller does not hear of it. */
  lost: number;
}

/** A store that outlives its processes and answers after a while. */
export function farStore(clock: Clock, latencyMs: () => number): FarStore {
  const inner = memoryStore();
  const later = () => new Promise<void>((over) => clock.schedule(over, latencyMs(), true));
  const far = async <T>(work: () => Promise<T>): Promise<T> => {
    await later();
    if (store.away) throw new Error('away');
    const answer = await work();
    await later();
    if (store.lost > 0) {
      store.lost--;
      throw new Error('lost');
    }
    return answer;
  };
  const store: FarStore = {
    ...inner,
    volatile: false,
    away: false,
    lost: 0,
    read: (key) => far(() => inner.read(key)),
    compareAndSet: (key, version, value) => far(() => inner.compareAndSet(key, version, value)),
    mergeCounters: (key, part) => far(() => inner.mergeCounters(key, part)),
    readCounters: (key) => far(() => inner.readCounters(key)),
    forget: (key) => far(() => inner.forget(key)),
  };
  return store;
}
