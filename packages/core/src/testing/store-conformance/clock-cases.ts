import type { StoreCase } from './store-case.ts';

export const clockCases: readonly StoreCase[] = [
  {
    title: 'a clock, where it has one, tells milliseconds since the Unix epoch, and goes on',
    run: async ({ open }) => {
      const store = await open();
      const first = await store.now?.();
      const second = await store.now?.();
      if (first === undefined || second === undefined) return;
      if (!(first > Date.UTC(2020) && first < Date.UTC(2100) && second >= first))
        throw new Error(`expected milliseconds since the Unix epoch that do not go back, got ${first}, then ${second}`);
    },
  },
];
