import type { CounterPart } from '../../types/index.ts';
import { seededRandom } from '../seeded-random.ts';
import { AWKWARD_NUMBERS } from './awkward-numbers.ts';
import { same } from './same.ts';
import { newKey, type StoreCase } from './store-case.ts';

/** Counters merge without order: of each instance the newest part counts. */
export const counterCases: readonly StoreCase[] = [
  {
    title: 'counters: the newest part of an instance is kept; repeats and older parts answer false and change nothing',
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const key = newKey();
      const part = (sequence: number): CounterPart => ({ instance: 'a', sequence, counters: { [`only-${sequence}`]: sequence } });
      same(await one.mergeCounters(key, part(2)), true, 'the first part');
      same(await two.mergeCounters(key, part(2)), false, 'its repeat');
      same(await two.mergeCounters(key, { ...part(2), counters: { other: 1 } }), false, 'another part of that sequence');
      same(await one.mergeCounters(key, part(1)), false, 'an older part');
      same(await two.readCounters(key), [part(2)], 'the counters');
      same(await two.mergeCounters(key, part(10)), true, 'a newer part, ten after two');
      same(await one.readCounters(key), [part(10)], 'the counters');
    },
  },
  {
    title: 'counters: the parts of all instances come back, numbers to the last bit',
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const key = newKey();
      const counters = Object.fromEntries(AWKWARD_NUMBERS.map((number, index) => [`of "${index}" {π=0.05} é`, number]));
      const parts = ['a', 'b b', '{é}', 'A'].map((instance, index) => ({ instance, sequence: index + 1, counters }));
      for (const [index, part] of parts.entries()) await (index % 2 === 0 ? one : two).mergeCounters(key, part);
      for (const store of [one, two]) same(sorted(await store.readCounters(key)), sorted(parts), 'the counters');
    },
  },
  {
    title: 'counters: every order of parts gives the same, also all at once',
    async run({ open }) {
      const handles = [await open(), await open()] as const;
      const random = seededRandom(7);
      const parts = ['a', 'b', 'c'].flatMap((instance) =>
        [1, 2, 3, 4].map((sequence) => ({ instance, sequence, counters: { units: sequence / 3 } })),
      );
      const newest = sorted(parts.filter(({ sequence }) => sequence === 4));
      for (let round = 0; round < 8; round++) {
        const key = newKey();
        const order = [...parts, ...parts].map((part) => ({ part, at: random() })).toSorted((a, b) => a.at - b.at);
        const merged = order.map(
          ({ part }, index) =>
            () =>
              handles[index % 2 === 0 ? 0 : 1].mergeCounters(key, part),
        );
        if (round % 2 === 0) for (const merge of merged) await merge();
        else await Promise.all(merged.map((merge) => merge()));
        same(sorted(await handles[0].readCounters(key)), newest, `the counters after round ${round}`);
      }
    },
  },
];

const sorted = (parts: readonly CounterPart[]): readonly CounterPart[] =>
  parts.toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
