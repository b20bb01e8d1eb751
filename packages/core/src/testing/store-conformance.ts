import type { CounterPart, MaybePromise, StateStore } from '../spec/index.ts';
import { check } from './conformance/check.ts';
import { seededRandom } from './seeded-random.ts';

export interface StoreContext {
  /**
   * A handle on the state under test. Every call within one case reaches the same state: a new handle where several processes
   * can share it, the same handle where they cannot. Whoever gives handles closes them after the case.
   */
  readonly open: () => MaybePromise<StateStore>;
}

export interface StoreCase {
  readonly title: string;
  /** Rejects with what was seen where the store does not do what the title says. Takes keys that nobody else uses. */
  readonly run: (context: StoreContext) => Promise<void>;
}

/** What each {@link StateStore} does, as cases for the test runner of your choice. Cases leave a few small documents behind. */
export const storeConformanceCases: readonly StoreCase[] = [
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
        NUMBERS,
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
      const counters = Object.fromEntries(NUMBERS.map((number, index) => [`of "${index}" {π=0.05} é`, number]));
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
    title: 'watch, where there is one: tells changes through any handle until it is ended',
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      const key = newKey();
      if (one.watch === undefined) return;
      const heard = { ended: 0, kept: 0 };
      const end = one.watch(key, () => heard.ended++);
      const endKept = one.watch(key, () => heard.kept++);
      let version = 0;
      const change = async (store: StateStore): Promise<void> => {
        version = (await store.compareAndSet(key, version, `change ${version}`)) ?? version;
      };
      /** One change is enough once the watch is active; before, changes may be missed. */
      await until('a first change was told', async () => {
        await change(two);
        return heard.ended > 0 && heard.kept > 0;
      });
      await settle();
      for (const store of [two, one, two]) {
        const before = { ...heard };
        await change(store);
        await until('a change was told', () => heard.ended > before.ended && heard.kept > before.kept);
        await settle();
      }
      end();
      end();
      const before = { ...heard };
      await change(two);
      await until('the other watcher was told', () => heard.kept > before.kept);
      same(heard.ended, before.ended, 'what an ended watcher heard');
      endKept();
      const last = { ...heard };
      await change(two);
      await settle();
      same(heard, last, 'what was heard after the end');
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

/** Numbers that lose a bit where they do not travel as what they are. */
const NUMBERS: readonly number[] = [
  0.1 + 0.2,
  1 / 3,
  5e-324,
  -5e-324,
  2.2250738585072014e-308,
  1e308,
  Number.MAX_VALUE,
  Number.MAX_SAFE_INTEGER,
  -1e21,
  2 ** 63,
  123_456_789.123_456_79,
];

const newKey = (): string => `conformance/${crypto.randomUUID()}`;

const membersOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => (index * 2_654_435_761).toString(16).padStart(14, '0'));

async function claimed(store: StateStore, key: string, members: readonly string[]): Promise<ReadonlySet<string>> {
  const answers = await store.claim(key, members);
  same(answers.length, members.length, 'the number of answers');
  return new Set(members.filter((_, index) => answers[index] === true));
}

const sorted = (parts: readonly CounterPart[]): readonly CounterPart[] =>
  parts.toSorted((a, b) => (a.instance < b.instance ? -1 : 1));

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 30));

/** Asks again for five seconds. */
async function until(what: string, holds: () => MaybePromise<boolean>): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`never: ${what}`);
}

/** JSON with the names of objects in order; sets and `undefined` are told apart from what else there is. */
function show(value: unknown): string {
  return (
    JSON.stringify(value, (_name, inner: unknown) => {
      if (inner instanceof Set) return { set: [...inner] };
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
      return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? 'undefined'
  );
}

function same(seen: unknown, expected: unknown, what: string): void {
  check(show(seen) === show(expected), `${what}: expected ${show(expected)}, saw ${show(seen)}`);
}
