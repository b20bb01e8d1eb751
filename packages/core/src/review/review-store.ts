import type { ReviewCase, ReviewState } from './review-case.ts';

/** Which cases: all conditions that are given hold at once. */
export interface ReviewQuery {
  readonly queue: string;
  readonly states: readonly ReviewState[];
  /** Those that must be looked at by then, in milliseconds since the Unix epoch. */
  readonly nextBefore?: number;
  /** Most cases of one answer. */
  readonly limit: number;
  /** So many are left out first. @defaultValue 0 */
  readonly skip?: number;
}

/** Where cases are kept. A case changes by compare-and-set of its version only. */
export interface ReviewStore {
  readonly name: string;
  /** Keeps a new case; `false` where one of this queue and id is there. */
  insert(added: ReviewCase): Promise<boolean>;
  /** `undefined` where there is none. */
  read(queue: string, id: string): Promise<ReviewCase | undefined>;
  /** Keeps `changed` where the stored case is still at `expected`; `false` when somebody was faster. */
  replace(changed: ReviewCase, expected: number): Promise<boolean>;
  /** The higher priority first, then the older, then by id. */
  list(query: ReviewQuery): Promise<readonly ReviewCase[]>;
  /** How many cases are in each state. */
  count(queue: string): Promise<Readonly<Partial<Record<ReviewState, number>>>>;
  /** Deletes cases that ended before, in milliseconds since the Unix epoch; answers how many. */
  forget(queue: string, before: number): Promise<number>;
  /** Deletes the cases of these decisions, whatever their state; answers how many. */
  erase(queue: string, decisionIds: readonly string[]): Promise<number>;
  /** The store's own clock, in milliseconds since the Unix epoch. Absent: it has none, and that of the process counts. */
  now?(): Promise<number>;
  close?(): void | Promise<void>;
}

/** In which order cases are taken. */
const byTurn = (a: ReviewCase, b: ReviewCase): number =>
  b.priority - a.priority || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);

/** Keeps cases in this process: for tests, and for one process that may forget. */
export function memoryReviews(): ReviewStore {
  const cases = new Map<string, ReviewCase>();
  const keyOf = (queue: string, id: string): string => JSON.stringify([queue, id]);
  const remove = (gone: (found: ReviewCase) => boolean): number => {
    const found = [...cases].filter(([, one]) => gone(one));
    for (const [key] of found) cases.delete(key);
    return found.length;
  };
  return {
    name: 'memory',
    insert: async (added) => {
      const key = keyOf(added.queue, added.id);
      if (cases.has(key)) return false;
      cases.set(key, structuredClone(added));
      return true;
    },
    read: async (queue, id) => structuredClone(cases.get(keyOf(queue, id))),
    replace: async (changed, expected) => {
      const key = keyOf(changed.queue, changed.id);
      if (cases.get(key)?.version !== expected) return false;
      cases.set(key, structuredClone(changed));
      return true;
    },
    list: async ({ queue, states, nextBefore = Infinity, limit, skip = 0 }) =>
      structuredClone(
        [...cases.values()]
          .filter((one) => one.queue === queue && states.includes(one.state) && one.nextAt <= nextBefore)
          .sort(byTurn)
          .slice(skip, skip + limit),
      ),
    count: async (queue) => {
      const counts: Partial<Record<ReviewState, number>> = {};
      for (const one of cases.values()) if (one.queue === queue) counts[one.state] = (counts[one.state] ?? 0) + 1;
      return counts;
    },
    forget: async (queue, before) =>
      remove(
        (one) =>
          one.queue === queue && (one.state === 'settled' || one.state === 'withdrawn') && (one.resolvedAt ?? Infinity) < before,
      ),
    erase: async (queue, decisionIds) => remove((one) => one.queue === queue && decisionIds.includes(one.decisionId)),
  };
}
