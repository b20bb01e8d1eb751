import type { StateStore } from '../../types/index.ts';
import { check } from '../conformance/check.ts';
import { AWKWARD_NUMBERS } from './awkward-numbers.ts';
import { same, show } from './same.ts';
import { newKey, type StoreCase } from './store-case.ts';

/** One small document a key, changed by compare-and-set alone. */
export const documentCases: readonly StoreCase[] = [
  {
    title: 'what was never written has version 0, no value, no counters',
    async run({ open }) {
      const store = await open();
      const key = newKey();
      const { version, value } = await store.read(key);
      check(version === 0 && value === undefined, `read ${show({ version, value })}`);
      same(await store.readCounters(key), [], 'counters of a new key');
    },
  },
  {
    title: 'each change is one version more, seen by every handle',
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const key = newKey();
      for (let version = 0; version < 5; version++) {
        const [writer, reader] = version % 2 === 0 ? [one, two] : [two, one];
        same(await writer.compareAndSet(key, version, { step: version }), version + 1, 'the new version');
        same(await reader.read(key), { version: version + 1, value: { step: version } }, 'the document');
      }
    },
  },
  {
    title: 'a write at another version answers undefined and changes nothing',
    async run({ open }) {
      const store = await open();
      const key = newKey();
      same(await store.compareAndSet(key, 1, 'too new'), undefined, 'a write at version 1 of nothing');
      same((await store.read(key)).version, 0, 'the version after it');
      await store.compareAndSet(key, 0, 'first');
      await store.compareAndSet(key, 1, 'second');
      for (const stale of [0, 1, 3])
        same(await store.compareAndSet(key, stale, 'x'), undefined, `a write at version ${stale} of 2`);
      same(await store.read(key), { version: 2, value: 'second' }, 'the document');
    },
  },
  {
    title: 'fifty increments at once over two handles: none is lost',
    async run({ open }) {
      const handles = [await open(), await open()];
      const key = newKey();
      const increment = async (store: StateStore): Promise<void> => {
        for (;;) {
          const { version, value } = await store.read(key);
          const next = (typeof value === 'number' ? value : 0) + 1;
          if ((await store.compareAndSet(key, version, next)) !== undefined) return;
        }
      };
      await Promise.all(handles.flatMap((store) => Array.from({ length: 25 }, () => increment(store))));
      for (const store of handles) same(await store.read(key), { version: 50, value: 50 }, 'the counter');
    },
  },
  {
    title: 'a document comes back as it was written: unicode, nesting, null, numbers to the last bit',
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const text = 'é e\u0301 😀 漢字 "quoted" \\ \u0000 \u001f \u2028 {braces} %25 \'; drop table x; --';
      const values: readonly unknown[] = [
        null,
        true,
        false,
        0,
        '',
        text,
        [],
        {},
        [null, [[], [{}]], { a: { b: [1, null] } }],
        { [text]: text, '': 1, 'with space': null },
        AWKWARD_NUMBERS,
      ];
      for (const value of values) {
        const key = newKey();
        await one.compareAndSet(key, 0, value);
        same(await two.read(key), { version: 1, value }, 'the document');
      }
    },
  },
  {
    title: 'what is stored is a copy: the writer may change its objects afterwards',
    async run({ open }) {
      const store = await open();
      const key = newKey();
      const document = { shares: [1, 2] };
      const written = store.compareAndSet(key, 0, document);
      await written;
      document.shares.push(3);
      same((await store.read(key)).value, { shares: [1, 2] }, 'the document');
      const counters = { units: 1 };
      await store.mergeCounters(key, { instance: 'a', sequence: 1, counters });
      counters.units = 2;
      same((await store.readCounters(key))[0]?.counters, { units: 1 }, 'the counters');
    },
  },
];
