import { expect, it } from 'vitest';
import { memoryStore } from './memory-store.ts';

it('keeps the newest 100,000 decisions of each key, whatever their time', async () => {
  const store = memoryStore();
  const entries = (start: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({ id: String(start + index), value: `${start + index}` }));
  await store.remember?.('other', entries(0, 1), 1);
  await store.remember?.('k', entries(0, 100_000), 1);
  expect(await store.recall?.('k', ['0', '99999'])).toEqual(['0', '99999']);
  await store.remember?.('k', entries(100_000, 2), 1);
  expect(await store.recall?.('k', ['0', '1', '2', '100001'])).toEqual([undefined, undefined, '2', '100001']);
  expect(await store.recall?.('other', ['0'])).toEqual(['0']);
});
