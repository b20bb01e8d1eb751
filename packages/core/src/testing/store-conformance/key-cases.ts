import type { CounterPart } from '../../types/index.ts';
import { same, show } from './same.ts';
import { newKey, type StoreCase } from './store-case.ts';

/** What belongs to a key stays with it, and goes with it. */
export const keyCases: readonly StoreCase[] = [
  {
    title: 'forget: counters and claims of that key go; its document and other keys stay',
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const [gone, kept] = [newKey(), newKey()];
      const part: CounterPart = { instance: 'a', sequence: 5, counters: { units: 1 } };
      for (const key of [gone, kept]) {
        await one.compareAndSet(key, 0, 'document');
        await one.mergeCounters(key, part);
        await one.claim(key, ['ab', 'cd']);
      }
      await two.forget(gone);
      same(await one.readCounters(gone), [], 'forgotten counters');
      same(await one.mergeCounters(gone, { ...part, sequence: 1 }), true, 'an older part of what was forgotten');
      same(await one.claim(gone, ['ab', 'cd']), [true, true], 'forgotten claims');
      same(await one.read(gone), { version: 1, value: 'document' }, 'the document');
      same(await one.readCounters(kept), [part], 'counters of the other key');
      same(await one.claim(kept, ['ab', 'cd']), [false, false], 'claims of the other key');
      await two.forget(newKey());
    },
  },
  {
    title: 'keys with odd characters are kept apart',
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const start = newKey();
      const odd = [
        ...["'", '"', '`', '/', '//', '\\', ':', '%2F', '%7B', '{', '}', '{}', '*', '?', '_', '$1', '\n', ' ', '\t'].map(
          (character) => `a${character}b`,
        ),
        'a',
        'A',
        'á',
        'a\u0301',
        'a ',
        ' a',
        '{a}',
        '}',
        '😀',
        '漢',
        'a:document',
        'a:counters',
        '__proto__',
        '../a',
        'x'.repeat(150),
        `${'x'.repeat(149)}y`,
      ];
      const keys = odd.map((end) => `${start}${end}`);
      for (const key of keys) {
        same(await one.compareAndSet(key, 0, key), 1, `the first write of ${show(key)}`);
        same(await one.mergeCounters(key, { instance: key, sequence: 1, counters: {} }), true, `the first part of ${show(key)}`);
        same(await one.claim(key, ['ab']), [true], `the first claim of ${show(key)}`);
      }
      for (const key of keys) {
        same(await two.read(key), { version: 1, value: key }, `the document of ${show(key)}`);
        same(
          (await two.readCounters(key)).map(({ instance }) => instance),
          [key],
          `the counters of ${show(key)}`,
        );
        await two.forget(key);
      }
    },
  },
];
