import { describe, expect, it } from 'vitest';
import { memoryStore } from '../control/memory-store.ts';
import type { StateStore } from '../types/index.ts';
import { storeConformanceCases } from './store-conformance.ts';

describe('memoryStore', () => {
  it.each(storeConformanceCases)('$title', async ({ run }) => {
    const store = memoryStore();
    await expect(run({ open: () => store })).resolves.toBeUndefined();
  });
});

describe('a store that keeps nothing of decisions', () => {
  it.each(storeConformanceCases)('$title', async ({ run }) => {
    const { remember: _remember, recall: _recall, ...store } = memoryStore();
    await expect(run({ open: () => store })).resolves.toBeUndefined();
  });
});

it('a store that remembers and cannot recall is told', async () => {
  const { recall: _recall, ...store } = memoryStore();
  const results = await Promise.allSettled(storeConformanceCases.map(({ run }) => run({ open: () => store })));
  const failed = storeConformanceCases.filter((_, index) => results[index]?.status === 'rejected');
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.map(({ title }) => title)).toEqual(failed.map(() => expect.stringMatching(/^decisions/)));
});

/** The cases that a store with a fault does not pass. */
async function failing(fault: (store: StateStore) => Partial<StateStore>): Promise<number[]> {
  const failed: number[] = [];
  for (const [index, { run }] of storeConformanceCases.entries()) {
    const store = memoryStore();
    const faulty = { ...store, ...fault(store) };
    await run({ open: () => faulty }).catch(() => failed.push(index));
  }
  return failed;
}

describe('a store with a fault fails', () => {
  const titled = (start: string): number => storeConformanceCases.findIndex(({ title }) => title.startsWith(start));

  it.each<[string, (store: StateStore) => Partial<StateStore>, string]>([
    [
      'that writes whatever the version',
      ({ read, compareAndSet }) => ({
        compareAndSet: async (key, _version, value) => compareAndSet(key, (await read(key)).version, value),
      }),
      'a write at another version',
    ],
    [
      'that reads before it writes',
      ({ read, compareAndSet }) => ({
        compareAndSet: async (key, version, value) => {
          const before = await read(key);
          if (before.version !== version) return undefined;
          await new Promise((done) => setTimeout(done));
          return compareAndSet(key, (await read(key)).version, value);
        },
      }),
      'fifty increments',
    ],
    [
      'that rounds numbers',
      ({ mergeCounters }) => ({
        mergeCounters: (key, part) =>
          mergeCounters(key, {
            ...part,
            counters: Object.fromEntries(
              Object.entries(part.counters).map(([name, value]) => [name, Number(value.toPrecision(15))]),
            ),
          }),
      }),
      'counters: the parts of all instances',
    ],
    [
      'that keeps every part',
      ({ mergeCounters, forget, readCounters }) => ({
        mergeCounters: async (key, part) => {
          if ((await readCounters(key)).length < 2) await forget(key);
          return mergeCounters(key, part);
        },
      }),
      'counters: the newest part',
    ],
    ['that gives every claim', () => ({ claim: async (_key, members) => members.map(() => true) }), 'claims: of many callers'],
    ['that gives no claim', () => ({ claim: async (_key, members) => members.map(() => false) }), 'claims: ten thousand'],
    [
      'that recalls in an order of its own',
      ({ recall }) => ({ recall: async (key, ids) => (await recall?.(key, ids.toSorted())) ?? [] }),
      'decisions, where they are kept: values come back',
    ],
    [
      'that recalls an empty text where there is nothing',
      ({ recall }) => ({ recall: async (key, ids) => (await recall?.(key, ids))?.map((value) => value ?? '') ?? [] }),
      'decisions, where they are kept: values come back',
    ],
    [
      'that keeps the first value of an id',
      ({ remember }) => ({ remember: async (key, entries, keepMs) => remember?.(key, entries.toReversed(), keepMs) }),
      'decisions, where they are kept: a newer value',
    ],
    [
      'that cuts long values',
      ({ remember }) => ({
        remember: async (key, entries, keepMs) =>
          remember?.(
            key,
            entries.map(({ id, value }) => ({ id, value: value.slice(0, 32_767) })),
            keepMs,
          ),
      }),
      'decisions, where they are kept: any text',
    ],
    [
      'that takes five hundred entries',
      ({ remember }) => ({ remember: async (key, entries, keepMs) => remember?.(key, entries.slice(0, 500), keepMs) }),
      'decisions, where they are kept: a thousand',
    ],
    [
      'that keeps all decisions under one key',
      ({ remember, recall }) => ({
        remember: async (_key, entries, keepMs) => remember?.('', entries, keepMs),
        recall: async (_key, ids) => (await recall?.('', ids)) ?? [],
      }),
      'decisions, where they are kept: keys and ids',
    ],
    ['that forgets nothing', () => ({ forget: async () => {} }), 'forget'],
    [
      'that goes on to tell',
      ({ watch }) => ({
        watch: (key, changed) => {
          watch?.(key, changed);
          return () => {};
        },
      }),
      'watch',
    ],
    [
      'that folds the case of keys',
      ({ read, compareAndSet }) => ({
        read: (key) => read(key.toLowerCase()),
        compareAndSet: (key, version, value) => compareAndSet(key.toLowerCase(), version, value),
      }),
      'keys with odd characters',
    ],
  ])('%s', async (_name, fault, title) => {
    expect(await failing(fault)).toContain(titled(title));
  });
});
