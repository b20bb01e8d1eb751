import type { MaybePromise, StateStore } from '../../types/index.ts';
import { same } from './same.ts';
import { newKey, type StoreCase } from './store-case.ts';

/** Changes are told, where a store can. */
export const watchCases: readonly StoreCase[] = [
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
];

const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 30));

/** Asks again for five seconds. */
async function until(what: string, holds: () => MaybePromise<boolean>): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`never: ${what}`);
}
