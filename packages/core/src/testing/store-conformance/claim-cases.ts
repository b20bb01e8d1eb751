import type { StateStore } from '../../types/index.ts';
import { check } from '../conformance/check.ts';
import { same, show } from './same.ts';
import { newKey, type StoreCase } from './store-case.ts';

/** One of all callers gets each member. */
export const claimCases: readonly StoreCase[] = [
  {
    title: 'claims: of many callers at once exactly one gets each member',
    async run({ open }) {
      const handles = [await open(), await open()];
      const key = newKey();
      const members = membersOf(100);
      const answers = await Promise.all(
        handles.flatMap((store) => [members, members.toReversed()].map((order) => claimed(store, key, order))),
      );
      const times = members.map((member) => answers.filter((got) => got.has(member)).length);
      check(
        times.every((count) => count === 1),
        `members were given ${show([...new Set(times)])} times`,
      );
      for (const store of handles) same((await claimed(store, key, members)).size, 0, 'members given once more');
    },
  },
  {
    title: 'claims: a member that comes twice in one call is given once, hexadecimal strings of 1 to 32 digits are kept apart',
    async run({ open }) {
      const store = await open();
      const members = ['a', '0a', 'a', 'f'.repeat(32), '0', '00', 'f'.repeat(32), 'f'.repeat(31), 'a'];
      const firsts = [true, true, false, true, true, true, false, true, false];
      same(await store.claim(newKey(), members), firsts, 'the answers, in the order of the members');
      same(await store.claim(newKey(), []), [], 'the answers to nothing');
    },
  },
  {
    title: 'claims: ten thousand members in one call',
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const key = newKey();
      const members = membersOf(10_000);
      const { size } = await claimed(one, key, members);
      // A Bloom filter may refuse a few.
      check(size >= 9_990, `of 10,000 new members ${size} were given`);
      same((await claimed(two, key, members)).size, 0, 'members given once more');
      same(await claimed(two, newKey(), members.slice(0, 100)), new Set(members.slice(0, 100)), 'members under another key');
    },
  },
];

const membersOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => (index * 2_654_435_761).toString(16).padStart(14, '0'));

async function claimed(store: StateStore, key: string, members: readonly string[]): Promise<ReadonlySet<string>> {
  const answers = await store.claim(key, members);
  same(answers.length, members.length, 'the number of answers');
  return new Set(members.filter((_, index) => answers[index] === true));
}
