import type { KeptDecision, StateStore } from '../../types/index.ts';
import { same } from './same.ts';
import { newKey, type StoreCase } from './store-case.ts';

const HOUR_MS = 3_600_000;

type Keeper = StateStore & Required<Pick<StateStore, 'remember' | 'recall'>>;

/** What belongs to decisions is kept for their outcomes, where a store can. That it is forgotten in time is up to the store. */
export const decisionCases: readonly StoreCase[] = [
  decisionCase(
    'values come back in the order of the ids, from another handle; of unknown ids nothing',
    async ([one, two], key) => {
      await one.remember(key, [kept('a', '{"truth":1}'), kept('b', '[2]')], HOUR_MS);
      await two.remember(key, [kept('c', 'null')], HOUR_MS);
      const [c, unknown, ...others] = await two.recall(key, ['c', 'x', 'a', 'b', 'a']);
      same([c, ...others], ['null', '{"truth":1}', '[2]', '{"truth":1}'], 'the values');
      same(unknown, undefined, 'the value of an unknown id');
      same((await one.recall(newKey(), ['a']))[0], undefined, 'the value under a key that nobody wrote');
    },
  ),
  decisionCase('a newer value of an id replaces the older one and its time, also within one call', async ([one, two], key) => {
    await one.remember(key, [kept('a', '1'), kept('b', '1')], 1);
    await two.remember(key, [kept('a', '2'), kept('b', '2'), kept('a', '3')], HOUR_MS);
    // The time of the first call is over.
    await new Promise((done) => setTimeout(done, 30));
    same(await one.recall(key, ['a', 'b']), ['3', '2'], 'the values');
  }),
  decisionCase('any text comes back as it was written: unicode, quotes, nothing, 100 kB', async ([one, two], key) => {
    const text = 'é e\u0301 😀 漢字 "quoted" \\ \u0000 \u001f \u2028 \uD800 {braces} %25 $1 \'; drop table x; --';
    const values = [JSON.stringify(text), JSON.stringify({ [text]: [text] }), "'", '"', '', ' ', '\n', '😀', 'é'.repeat(50_000)];
    const entries = values.map((value, index) => kept(String(index), value));
    await one.remember(key, entries, HOUR_MS);
    const seen = await two.recall(
      key,
      entries.map(({ id }) => id),
    );
    for (const [index, value] of values.entries()) same(seen[index], value, `the value of ${index}`);
  }),
  decisionCase('a thousand entries in one call, and by many callers at once; none is lost', async ([one, two], key) => {
    const entries = Array.from({ length: 1000 }, (_, index) => kept(`decision-${index}`, `{"score":${index / 7}}`));
    const ids = entries.map(({ id }) => id);
    const values = entries.map(({ value }) => value);
    await one.remember(key, entries, HOUR_MS);
    same(await two.recall(key, ids), values, 'the values of one call');
    const newer = entries.map(({ id, value }) => kept(id, `[${value}]`));
    const orders = [newer, newer.toReversed()];
    await Promise.all([one, two].flatMap((store) => orders.map((order) => store.remember(key, order, HOUR_MS))));
    same(
      await two.recall(key, ids),
      newer.map(({ value }) => value),
      'the values of four calls',
    );
  }),
  decisionCase('keys and ids are kept apart', async ([one, two], start) => {
    const keys = ['', ':decision', '{a}', 'A', 'a', "'"].map((end) => `${start}${end}`);
    const ids = ['a', 'A', '__proto__', 'a.b', 'a~b', 'a-b', 'a_b', 'x'.repeat(64), `${'x'.repeat(63)}y`];
    for (const key of keys)
      await one.remember(
        key,
        ids.map((id) => kept(id, key + id)),
        HOUR_MS,
      );
    for (const key of keys)
      same(
        await two.recall(key, ids),
        ids.map((id) => key + id),
        `the values of ${key}`,
      );
  }),
  decisionCase('nothing can be remembered, and recalled', async ([one, two], key) => {
    await one.remember(key, [], HOUR_MS);
    same(await two.recall(key, []), [], 'the values of no ids');
  }),
];

const kept = (id: string, value: string): KeptDecision => ({ id, value });

const keeps = (store: StateStore): store is Keeper => store.remember !== undefined && store.recall !== undefined;

/** One that holds where a store keeps nothing of decisions. */
function decisionCase(title: string, run: (handles: readonly [Keeper, Keeper], key: string) => Promise<void>): StoreCase {
  return {
    title: `decisions, where they are kept: ${title}`,
    async run({ open }) {
      const [one, two] = [await open(), await open()];
      same(one.remember === undefined, one.recall === undefined, 'a store that has one of remember and recall');
      if (keeps(one) && keeps(two)) await run([one, two], newKey());
    },
  };
}
